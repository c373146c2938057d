import { base64Of, bytesOfBase64 } from './base64.ts'
import { readCount } from './checkpoint.ts'
import type { Hash } from './hashes.ts'
import { isHash } from './hashes.ts'

/** What a log asks a witness: from the size that it knows of, with this proof, to the checkpoint of this note (C2SP tlog-witness). */
export type WitnessRequest = {
  readonly oldSize: number
  readonly proof: readonly Hash[]
  readonly note: string
}

const MAX_PROOF_LINES = 63

export const writeWitnessRequest = ({ oldSize, proof, note }: WitnessRequest): string =>
  `old ${oldSize}\n${writeHashLines(proof)}\n${note}`

/** Null for what is no request; the note is not looked at. */
export function readWitnessRequest(body: string): WitnessRequest | null {
  const end = body.indexOf('\n\n')
  if (end < 0) return null
  const [first, ...lines] = body.slice(0, end).split('\n')
  const oldSize = first?.startsWith('old ') ? readCount(first.slice(4)) : null
  const proof = readHashLines(lines)
  return oldSize === null || proof === null ? null : { oldSize, proof, note: body.slice(end + 2) }
}

/** One hash a line, in base64. */
export const writeHashLines = (hashes: readonly Hash[]): string =>
  hashes.map((hash) => `${base64Of(hash)}\n`).join('')

/** Null when one is no hash, or when there are more than any proof has. */
export function readHashLines(lines: readonly string[]): Hash[] | null {
  if (lines.length > MAX_PROOF_LINES) return null
  const hashes = lines.flatMap((line) => bytesOfBase64(line) ?? [])
  return hashes.length === lines.length && hashes.every(isHash) ? hashes : null
}
