import type { SignedCheckpoint } from './checkpoint.ts'
import { openCheckpoint, readCheckpoint } from './checkpoint.ts'
import { consistencyHolds } from './consistency.ts'
import type { TreeHead } from './hashes.ts'
import { EMPTY_ROOT, sameHash } from './hashes.ts'
import { readNote } from './note.ts'
import type { NoteKey } from './note-key.ts'
import type { WitnessRequest } from './witness-request.ts'
import { readWitnessRequest } from './witness-request.ts'

/** What a witness answers (C2SP tlog-witness): the status, and the size that it saw where that is the answer. */
export type WitnessRefusal = { readonly status: 400 | 403 | 404 | 409 | 422; readonly seen?: number }

/** A request whose origin is one that the witness watches. `keys`: of that log, under the origin as their name. */
export type WitnessedRequest = {
  readonly request: WitnessRequest
  readonly origin: string
  readonly keys: readonly NoteKey[]
}

/** Reads what is asked, as far as it says of which log. @param logs keys of the logs that are watched, see `logKeysOf` */
export function readAsked(body: string, logs: readonly NoteKey[]): WitnessedRequest | WitnessRefusal {
  const request = readWitnessRequest(body)
  const note = request && readNote(request.note)
  const checkpoint = note && readCheckpoint(note.text)
  if (!request || !checkpoint) return { status: 400 }
  const keys = logKeysOf(logs, checkpoint.origin)
  return keys.length === 0 ? { status: 404 } : { request, origin: checkpoint.origin, keys }
}

/** Whether the checkpoint continues what the witness cosigned last of that log; null: it never did. */
export function weighGrowth(
  { request, origin, keys }: WitnessedRequest,
  last: TreeHead | null,
): SignedCheckpoint | WitnessRefusal {
  const signed = openCheckpoint(request.note, { origin, log: keys })
  if (signed === null) return { status: 403 }
  const { checkpoint } = signed
  if (request.oldSize > checkpoint.size) return { status: 400 }
  const seen = last ?? { size: 0, root: EMPTY_ROOT }
  if (request.oldSize !== seen.size) return { status: 409, seen: seen.size }
  if (checkpoint.size === seen.size && !sameHash(checkpoint.root, seen.root))
    return { status: 409, seen: seen.size }
  return consistencyHolds(seen, checkpoint, request.proof) ? signed : { status: 422 }
}

/** The keys of a log: those by its very name, and those by a name that ends in `/*` for every log below, as the log has them. */
export function logKeysOf(logs: readonly NoteKey[], origin: string): NoteKey[] {
  return logs
    .filter(({ type, name }) => type === 'log' && (name === origin || isBelow(origin, name)))
    .map((key) => ({ ...key, name: origin }))
}

const isBelow = (origin: string, name: string): boolean =>
  name.endsWith('/*') && origin.startsWith(name.slice(0, -1)) && origin.length > name.length - 1
