import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import type { Keyring } from './keyring.ts'

/**
 * A token stands for a value and can be turned back within its session, without a vault: `[EMAIL#<base64url>]`.
 * Deterministic authenticated encryption in the manner of SIV (Rogaway and Shrimpton, EUROCRYPT 2006): the initial vector is a MAC over label
 * and plaintext, and so proves both when the token is opened. One value has one token in a session; that, and the value's length, is all
 * that a token gives away.
 */
export function sealToken(value: string, label: string, keys: Keyring): string {
  const plain = bytesOf(value)
  const vector = macOf(plain, label, keys)
  return `[${label}#${Buffer.concat([vector, crypt(plain, vector, keys)]).toString('base64url')}]`
}

/** Null for whatever is not a token of these keys, unchanged. */
export function openToken(token: string, keys: Keyring): string | null {
  const { label, body } = TOKEN.exec(token)?.groups ?? {}
  if (label === undefined || body === undefined) return null
  const sealed = Buffer.from(body, 'base64url')
  if (sealed.length <= VECTOR_BYTES || sealed.toString('base64url') !== body) return null
  const vector = sealed.subarray(0, VECTOR_BYTES)
  const plain = crypt(sealed.subarray(VECTOR_BYTES), vector, keys)
  return timingSafeEqual(macOf(plain, label, keys), vector) ? textOf(plain) : null
}

const TOKEN = /^\[(?<label>[A-Z0-9_]{1,64})#(?<body>[A-Za-z0-9_-]+)\]$/

const VECTOR_BYTES = 16

const macOf = (plain: Uint8Array, label: string, { tokenMac }: Keyring): Buffer =>
  createHmac('sha256', tokenMac).update(`${label}\0`).update(plain).digest().subarray(0, VECTOR_BYTES)

/** Counter mode is its own inverse. */
const crypt = (bytes: Uint8Array, vector: Uint8Array, { tokenCipher }: Keyring): Buffer =>
  createCipheriv('aes-256-ctr', tokenCipher, vector).update(bytes)

const UTF8 = 0
const UTF16 = 1

/** UTF-8, but a text with lone surrogates has none: it is kept as it is. */
const bytesOf = (value: string): Buffer =>
  LONE_SURROGATE.test(value)
    ? Buffer.concat([Buffer.of(UTF16), Buffer.from(value, 'utf16le')])
    : Buffer.concat([Buffer.of(UTF8), Buffer.from(value, 'utf8')])

const LONE_SURROGATE = /\p{Surrogate}/u

const textOf = (plain: Buffer): string => plain.toString(plain[0] === UTF16 ? 'utf16le' : 'utf8', 1)
