import { hash } from 'node:crypto'
import { PRINT_LENGTH } from '@writ/contracts'
import { remembered } from './remembered.ts'

/**
 * What is kept of a value in place of the value: SHA-256 over the tenant's key and the text, cut to 48 bits. Without the key nobody can
 * try values against it, and the cut leaves nothing to extend; that two values of one session meet takes about 2^24 of them, and then
 * a rule is too strict once. The session is no part of the key: a delegated session has to recognise what its parent met.
 */
export const fingerprint = remembered((text, keys) =>
  hash('sha256', keyTextOf(keys.tenant) + text, 'base64url').slice(0, PRINT_LENGTH),
)

const keyTexts = new WeakMap<Uint8Array, string>()

function keyTextOf(key: Uint8Array): string {
  const known = keyTexts.get(key)
  if (known !== undefined) return known
  const text = Buffer.from(key).toString('hex')
  keyTexts.set(key, text)
  return text
}
