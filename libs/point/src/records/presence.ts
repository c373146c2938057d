import type { KeyObject } from 'node:crypto'
import { signHead } from '@writ/audit'
import type { StreamHead } from '@writ/contracts'
import { pause } from '../pause.ts'
import type { SpoolHead } from './unconfirmed-records.ts'

export type PresencePorts = {
  /** streams in which something was begun and has not ended */
  readonly underWay: () => readonly SpoolHead[]
  readonly nodeKey: KeyObject
  readonly postHeads: (heads: readonly StreamHead[]) => Promise<unknown>
  readonly nowMs: () => number
}

const EVERY_MS = 20_000
const HEADS_IN_ONE = 1000

/**
 * Tells the control plane of streams in which a call is under way although all its records have arrived: a call that takes long is then told
 * from one whose gateway is gone, of which nobody comes to say how it ended. A control plane that is away hears it next time.
 */
export async function keepPresent(ports: PresencePorts, signal: AbortSignal): Promise<void> {
  for (; !signal.aborted; await pause(EVERY_MS, signal)) await tellPresence(ports).catch(() => {})
}

export async function tellPresence({ underWay, nodeKey, postHeads, nowMs }: PresencePorts): Promise<void> {
  const at = new Date(nowMs()).toISOString()
  const heads = underWay().map(({ stream, nextSeq, headHash }) =>
    signHead({ stream, nextSeq, headHash, at }, nodeKey),
  )
  for (let from = 0; from < heads.length; from += HEADS_IN_ONE)
    await postHeads(heads.slice(from, from + HEADS_IN_ONE))
}
