import { rm } from 'node:fs/promises'
import type { Server } from 'node:net'
import type { ReportProblem } from '@writ/point'
import type { Place } from './take-place.ts'
import { placeAt, takePlace } from './take-place.ts'

const LOOK_EVERY_MS = 1000

type Standing = { readonly server: Server; readonly place: Place }
type Watched = {
  readonly path: string
  readonly first: Standing
  readonly create: () => Server
  readonly report: ReportProblem
}

/**
 * A program of the same user can put a socket of its own in the place of this one, and answer in its name. It is noticed within a second,
 * said, and taken back: the place is this daemon's for as long as it runs.
 */
export function watchPlace({ path, first, create, report }: Watched): {
  readonly trouble: () => string | null
  readonly close: () => Promise<void>
} {
  let standing = first
  let losses = 0
  let looking: Promise<void> = Promise.resolve()
  const look = async (): Promise<void> => {
    const now = await placeAt(path)
    if (now !== null && isSame(now, standing.place)) return
    losses += 1
    report('the hook socket was taken away, and is taken back', now === null ? 'removed' : 'replaced')
    standing.server.close()
    await rm(path, { force: true })
    const server = create()
    standing = { server, place: await takePlace(server, path) }
  }
  const timer = setInterval(() => {
    looking = looking.then(look).catch((error: unknown) => report('the hook socket is not ours', error))
  }, LOOK_EVERY_MS)
  timer.unref()
  return {
    trouble: () =>
      losses === 0
        ? null
        : `the hook socket was taken away ${losses} time(s): somebody may have answered for us`,
    close: async () => {
      clearInterval(timer)
      await looking
      await new Promise<void>((resolve) => standing.server.close(() => resolve()))
    },
  }
}

const isSame = (a: Place, b: Place): boolean => a.device === b.device && a.inode === b.inode
