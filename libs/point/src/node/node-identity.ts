import { join } from 'node:path'
import type { BundleKey, JoinAnswer, NodeId } from '@writ/contracts'
import type { z } from 'zod'
import { pause } from '../pause.ts'
import { readState, writeState } from '../state-file.ts'

/** Who this point is to the control plane, and whose signatures on bundles it takes. */
export type NodeIdentity<Answer extends JoinAnswer = JoinAnswer> = {
  /** null until the first join */
  readonly node: () => NodeId | null
  /** what the last join brought; null until the first */
  readonly joined: () => Answer | null
  readonly bundleKeys: () => readonly BundleKey[]
  /** Settles when there is a name and there are keys, or when the signal aborts. */
  readonly whenJoined: (signal: AbortSignal) => Promise<void>
  /** Joins, again and again until it worked; then again every hour, so that new bundle keys arrive before they sign. */
  readonly keepJoined: (signal: AbortSignal) => Promise<void>
  /** Joins once more now, at most every ten seconds: a bundle was signed by a key that is not known here. */
  readonly askForKeys: () => void
}

export type NodeIdentityPorts<Answer extends JoinAnswer = JoinAnswer> = {
  readonly stateDir: string
  /** the form in which an answer is kept */
  readonly answer: z.ZodType<Answer>
  readonly join: () => Promise<Answer>
  readonly nowMs: () => number
  readonly report: (problem: string, error: unknown) => void
}

const REJOIN_MS = 3_600_000
const LONGEST_RETRY_MS = 15_000
const LOOK_EVERY_MS = 20
const KEYS_EVERY_MS = 10_000

/** Once joined, a start does not need the control plane: name and keys are in the state folder. */
export async function openNodeIdentity<Answer extends JoinAnswer>(
  ports: NodeIdentityPorts<Answer>,
): Promise<NodeIdentity<Answer>> {
  const path = join(ports.stateDir, 'node.json')
  let joined = await readJoined(ports.answer, path)
  let askedAtMs = 0

  const joinOnce = async () => {
    const answer = await ports.join()
    joined = answer
    await writeState(path, JSON.stringify(answer))
  }
  const hasJoined = (): boolean => joined !== null
  const attempt = async (): Promise<boolean> => {
    try {
      await joinOnce()
      return true
    } catch (error) {
      ports.report('join', error)
      return false
    }
  }
  return {
    node: () => joined?.node ?? null,
    joined: () => joined,
    bundleKeys: () => joined?.bundleKeys ?? [],
    whenJoined: async (signal) => {
      while (!hasJoined() && !signal.aborted) await pause(LOOK_EVERY_MS, signal)
    },
    keepJoined: async (signal) => {
      let retryMs = 250
      while (!signal.aborted) {
        const isDone = await attempt()
        retryMs = isDone ? 250 : Math.min(2 * retryMs, LONGEST_RETRY_MS)
        await pause(isDone ? REJOIN_MS : retryMs, signal)
      }
    },
    askForKeys: () => {
      // A clock that was set back must not put it off for as long.
      if (Math.abs(ports.nowMs() - askedAtMs) < KEYS_EVERY_MS) return
      askedAtMs = ports.nowMs()
      void attempt()
    },
  }
}

async function readJoined<Answer>(answer: z.ZodType<Answer>, path: string): Promise<Answer | null> {
  const text = await readState(path)
  if (text === null) return null
  const read = answer.safeParse(parsed(text))
  return read.success ? read.data : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
