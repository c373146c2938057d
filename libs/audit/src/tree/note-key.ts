import { createPublicKey, hash } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { base64Of, bytesOfBase64 } from './base64.ts'

/** How a key signs notes (C2SP signed-note): the text itself, or as a witness the text with a time. */
export const NOTE_KEY_TYPES = { log: 0x01, witness: 0x04 } as const
export type NoteKeyType = keyof typeof NOTE_KEY_TYPES

/** The public half of a key that signs notes: what a verifier is configured with. */
export type NoteKey = {
  readonly name: string
  readonly type: NoteKeyType
  /** raw Ed25519 key, 32 bytes */
  readonly publicKey: Uint8Array
}

/** First four bytes of SHA-256(name || 0x0A || type || public key), as an unsigned number (C2SP signed-note). */
export function noteKeyId({ name, type, publicKey }: NoteKey): number {
  const bytes = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(NOTE_KEY_TYPES[type]), publicKey])
  return hash('sha256', bytes, 'buffer').readUInt32BE(0)
}

/** Not empty, without white space, control characters and plus signs. */
export const isNoteKeyName = (name: string): boolean => /^[^\s\p{Zs}\p{Cc}+]+$/u.test(name) && hasUtf8(name)

/** Of ASCII alone, as packs and the notes in them have names (docs/pack.md): whoever reads one sees the name that was meant. */
export const isPlainName = (name: string): boolean => /^[!-*,-~]+$/.test(name)

/** `<name>+<key id in hex>+<base64 of type and key>`: the one line that a key is published as. */
export function writeNoteKey(key: NoteKey): string {
  const id = noteKeyId(key).toString(16).padStart(8, '0')
  return `${key.name}+${id}+${base64Of(Buffer.concat([Buffer.of(NOTE_KEY_TYPES[key.type]), key.publicKey]))}`
}

/** Null for what is no key line, also when its id is not that of its name and key. */
export function readNoteKey(line: string): NoteKey | null {
  const [, name, encoded] = KEY_LINE.exec(line) ?? []
  const bytes = encoded === undefined ? null : bytesOfBase64(encoded)
  if (name === undefined || bytes === null || bytes.length !== 33 || !isNoteKeyName(name)) return null
  const type = TYPES.find((known) => NOTE_KEY_TYPES[known] === bytes[0])
  if (type === undefined) return null
  const key = { name, type, publicKey: bytes.subarray(1) }
  return writeNoteKey(key) === line && keyObjectOf(key) !== null ? key : null
}

/** False for text with lone surrogates: it has no UTF-8, and what is written of it reads otherwise. */
export const hasUtf8 = (text: string): boolean => Buffer.from(text).toString() === text

/** Null when the 32 bytes are no key. */
export function keyObjectOf({ publicKey }: NoteKey): KeyObject | null {
  try {
    const x = Buffer.from(publicKey).toString('base64url')
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  } catch {
    return null
  }
}

const KEY_LINE = /^([^+]+)\+[0-9a-f]{8}\+([A-Za-z0-9+/]+=*)$/
const TYPES: readonly NoteKeyType[] = ['log', 'witness']
