import { join } from 'node:path'
import { socketBefore } from './deferred.ts'
import type { Enforcement } from './enforcement.ts'
import type { RunFolder } from './run-files.ts'

/**
 * The daemon of a run, loaded while the command already starts. Whoever asks before it is there waits; where it cannot be had, nobody is
 * answered, and the run is ended.
 */
export type LateEnforcement = {
  /** where hooks ask, from the first moment */
  readonly hookSocket: string
  readonly ready: Promise<Enforcement>
  /** begins to open it; before that nothing is loaded */
  begin(): void
  isBegun(): boolean
  close(): Promise<void>
}

export async function lateEnforcement(
  folder: RunFolder,
  open: (socketFolder: string) => Promise<Enforcement>,
): Promise<LateEnforcement> {
  const beginning = new AbortController()
  const promise = new Promise<Enforcement>((resolve, reject) => {
    beginning.signal.addEventListener('abort', () => {
      open(join(folder.path, 'daemon')).then(resolve, reject)
    })
  })
  // who waits for it hears of a failure; that nobody does yet is no fault
  promise.catch(() => undefined)
  const target = promise.then(({ socketPath }) => socketPath)
  target.catch(() => undefined)
  const hookSocket = join(folder.path, 'hook.sock')
  const closeSocket = await socketBefore(hookSocket, target)
  return {
    hookSocket,
    ready: promise,
    begin: () => beginning.abort(),
    isBegun: () => beginning.signal.aborted,
    async close() {
      await closeSocket()
      const opened = beginning.signal.aborted ? await promise.catch(() => null) : null
      await opened?.close()
    },
  }
}
