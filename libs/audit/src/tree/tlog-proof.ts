import { base64Of, bytesOfBase64 } from './base64.ts'
import type { SignedCheckpoint } from './checkpoint.ts'
import { openCheckpoint, readCount } from './checkpoint.ts'
import type { Hash } from './hashes.ts'
import { inclusionHolds } from './inclusion.ts'
import type { NoteKey } from './note-key.ts'
import { readHashLines, writeHashLines } from './witness-request.ts'

/** That a record is in a log, in one text that is verified away from every server (C2SP tlog-proof). `extra` is not authenticated. */
export type TlogProof = {
  readonly index: number
  readonly proof: readonly Hash[]
  /** the checkpoint note */
  readonly note: string
  readonly extra?: Uint8Array
}

export const writeTlogProof = ({ index, proof, note, extra }: TlogProof): string =>
  `${HEADER}\n${extra ? `extra ${base64Of(extra)}\n` : ''}index ${index}\n${writeHashLines(proof)}\n${note}`

/** Null for what is no proof; the note is not looked at. */
export function readTlogProof(text: string): TlogProof | null {
  const end = text.indexOf('\n\n')
  if (end < 0) return null
  const [header, ...lines] = text.slice(0, end).split('\n')
  if (header !== HEADER) return null
  const extra = readExtra(lines[0])
  const [indexLine = '', ...hashLines] = extra === 'none' ? lines : lines.slice(1)
  const index = indexLine.startsWith('index ') ? readCount(indexLine.slice(6)) : null
  const proof = readHashLines(hashLines)
  if (extra === null || index === null || proof === null) return null
  return { index, proof, note: text.slice(end + 2), ...(extra === 'none' ? {} : { extra }) }
}

/** The checkpoint that the leaf is shown to be in; null when anything of it does not hold. */
export function openTlogProof(
  text: string,
  leaf: Hash,
  known: {
    readonly origin: string
    readonly log: readonly NoteKey[]
    readonly witnesses?: readonly NoteKey[]
  },
): (SignedCheckpoint & { readonly index: number }) | null {
  const read = readTlogProof(text)
  const signed = read && openCheckpoint(read.note, known)
  if (read === null || signed === null) return null
  return inclusionHolds({ index: read.index, hash: leaf }, signed.checkpoint, read.proof)
    ? { ...signed, index: read.index }
    : null
}

const HEADER = 'c2sp.org/tlog-proof@v1'

const readExtra = (line = ''): Uint8Array | 'none' | null =>
  line.startsWith('extra ') ? bytesOfBase64(line.slice(6)) : 'none'
