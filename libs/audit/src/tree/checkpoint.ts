import { base64Of, bytesOfBase64 } from './base64.ts'
import type { TreeHead } from './hashes.ts'
import { isHash } from './hashes.ts'
import { readNote, signersOf } from './note.ts'
import type { Note } from './note.ts'
import type { NoteKey } from './note-key.ts'

/** What a log says of itself: `origin` names it, the head is how far it has come (C2SP tlog-checkpoint). */
export type Checkpoint = TreeHead & { readonly origin: string; readonly extensions: readonly string[] }

/** A checkpoint that a log signed, with the witnesses that cosigned it. */
export type SignedCheckpoint = {
  readonly checkpoint: Checkpoint
  readonly note: Note
  readonly witnesses: readonly NoteKey[]
}

export const writeCheckpoint = ({ origin, size, root }: TreeHead & { readonly origin: string }): string =>
  `${origin}\n${size}\n${base64Of(root)}\n`

/** Null for a text that is no checkpoint. */
export function readCheckpoint(text: string): Checkpoint | null {
  if (!text.endsWith('\n')) return null
  const [origin, sizeText, rootText, ...extensions] = text.slice(0, -1).split('\n')
  const size = readCount(sizeText)
  const root = rootText === undefined ? null : bytesOfBase64(rootText)
  if (!origin || size === null || root === null || !isHash(root) || extensions.includes('')) return null
  return { origin, size, root, extensions }
}

/** Null unless the note is a checkpoint of this origin, signed by at least one of the log's keys, with no signature of a known key that does not hold. */
export function openCheckpoint(
  source: string,
  known: {
    readonly origin: string
    readonly log: readonly NoteKey[]
    readonly witnesses?: readonly NoteKey[]
  },
): SignedCheckpoint | null {
  const note = readNote(source)
  const checkpoint = note && readCheckpoint(note.text)
  if (note === null || checkpoint === null || checkpoint.origin !== known.origin) return null
  const logKeys = known.log.filter((key) => key.type === 'log')
  const witnesses = (known.witnesses ?? []).filter((key) => key.type === 'witness')
  const signers = signersOf(note, [...logKeys, ...witnesses])
  if (!signers?.some((key) => key.type === 'log')) return null
  return { checkpoint, note, witnesses: signers.filter((key) => key.type === 'witness') }
}

/** A count as C2SP writes it: decimal, no leading zero. Null for anything else and for what is no safe integer. */
export function readCount(text: string | undefined): number | null {
  if (text === undefined || !/^(0|[1-9]\d{0,15})$/.test(text)) return null
  const count = Number(text)
  return Number.isSafeInteger(count) ? count : null
}
