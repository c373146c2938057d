import type { KeyObject } from 'node:crypto'
import { sign, verify } from 'node:crypto'
import { base64Of, bytesOfBase64 } from './base64.ts'
import type { NoteKey } from './note-key.ts'
import { hasUtf8, isNoteKeyName, keyObjectOf, noteKeyId } from './note-key.ts'

/** One signature line: `bytes` are what follows the four bytes of the key id. */
export type NoteSignature = { readonly name: string; readonly id: number; readonly bytes: Uint8Array }

/** A signed text; the text ends with a newline (C2SP signed-note). */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] }

/** More signatures than any note of ours has; the format asks for at least 16. */
export const MAX_NOTE_SIGNATURES = 64
const MAX_NOTE_LENGTH = 1024 * 1024

/** Reads the form only; what it says is not to be believed before `signersOf` named who signed it. Null for what is no note. */
export function readNote(source: string): Note | null {
  if (source.length > MAX_NOTE_LENGTH || !isNoteText(source)) return null
  const end = source.lastIndexOf('\n\n')
  if (end < 0) return null
  const lines = source.slice(end + 2, -1).split('\n')
  if (lines.length > MAX_NOTE_SIGNATURES) return null
  const signatures = lines.map(readSignatureLine)
  const sound = signatures.filter((signature) => signature !== null)
  return sound.length === lines.length ? { text: source.slice(0, end + 1), signatures: sound } : null
}

export const writeNote = ({ text, signatures }: Note): string =>
  `${text}\n${signatures.map(signatureLine).join('')}`

/** One line that can be put behind a note, its newline with it. */
export function signatureLine({ name, id, bytes }: NoteSignature): string {
  const idBytes = Buffer.alloc(4)
  idBytes.writeUInt32BE(id)
  return `${DASH} ${name} ${base64Of(Buffer.concat([idBytes, bytes]))}\n`
}

/** Null for what is no signature line; `line` comes without its newline. */
export function readSignatureLine(line: string): NoteSignature | null {
  const [dash, name, encoded, ...more] = line.split(' ')
  if (dash !== DASH || name === undefined || encoded === undefined || more.length > 0 || !isNoteKeyName(name))
    return null
  const bytes = bytesOfBase64(encoded)
  if (bytes === null || bytes.length < 5) return null
  const id = Buffer.from(bytes.subarray(0, 4)).readUInt32BE(0)
  return { name, id, bytes: bytes.subarray(4) }
}

/**
 * The keys, of those given, that signed the note. Null when a signature that names one of them does not hold: such a note is refused whole.
 * Signatures of unknown keys are passed over.
 */
export function signersOf(note: Note, keys: readonly NoteKey[]): NoteKey[] | null {
  const found: NoteKey[] = []
  for (const signature of note.signatures) {
    const key = keys.find((known) => known.name === signature.name && noteKeyId(known) === signature.id)
    if (key === undefined) continue
    if (!signatureHolds(note.text, signature, key)) return null
    if (!found.includes(key)) found.push(key)
  }
  return found
}

/** Signs as a log does (type 0x01). @throws TypeError when the text cannot be that of a note */
export function signNote(text: string, key: NoteKey, privateKey: KeyObject): NoteSignature {
  return { name: key.name, id: noteKeyId(key), bytes: sign(null, noteBytes(text), privateKey) }
}

/** The bytes that a log signs. @throws TypeError when the text cannot be that of a note */
export function noteBytes(text: string): Uint8Array {
  if (!isNoteText(text))
    throw new TypeError('a note is well-formed text of lines, without control characters')
  return Buffer.from(text)
}

/** When a witness says that it saw this, in seconds since 1970; null for a signature that is none of a witness. */
export function cosignedAtSeconds({ bytes }: NoteSignature): number | null {
  if (bytes.length !== COSIGNATURE_BYTES) return null
  const seconds = Buffer.from(bytes.subarray(0, 8)).readBigUInt64BE(0)
  return seconds <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seconds) : null
}

/** Signs as a witness does (type 0x04, `cosignature/v1` of C2SP tlog-cosignature). */
export function cosignNote(
  text: string,
  witness: { readonly key: NoteKey; readonly privateKey: KeyObject },
  atSeconds: number,
): NoteSignature {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(atSeconds))
  const signature = sign(null, cosignedBytes(text, atSeconds), witness.privateKey)
  return { name: witness.key.name, id: noteKeyId(witness.key), bytes: Buffer.concat([time, signature]) }
}

const DASH = '\u2014'
const COSIGNATURE_BYTES = 8 + 64

// no control character but the newline; text with lone surrogates has no UTF-8
const isNoteText = (text: string): boolean =>
  text.endsWith('\n') && !/[^\n\x20-\u{10ffff}]/u.test(text) && hasUtf8(text)

const cosignedBytes = (text: string, atSeconds: number): Uint8Array =>
  noteBytes(`cosignature/v1\ntime ${atSeconds}\n${text}`)

function signatureHolds(text: string, signature: NoteSignature, key: NoteKey): boolean {
  const publicKey = keyObjectOf(key)
  if (publicKey === null) return false
  if (key.type === 'log') return verify(null, noteBytes(text), publicKey, signature.bytes)
  const atSeconds = cosignedAtSeconds(signature)
  return (
    atSeconds !== null && verify(null, cosignedBytes(text, atSeconds), publicKey, signature.bytes.subarray(8))
  )
}
