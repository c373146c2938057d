import { createHmac } from 'node:crypto'
import type { Rewriting } from '@writ/contracts'
import { RuleFault } from '../rule-fault.ts'
import type { Keyring } from './keyring.ts'
import { mask } from './mask.ts'
import { labelOf } from './signal-label.ts'
import { surrogateOf } from './surrogate.ts'
import { openToken, sealToken } from './token.ts'

/** What stands in a text, and the signal that found it there. */
export type Found = { readonly text: string; readonly signal: string }

/** Says a found text another way. `keys` is null where there are none, and then a keyed way is a fault. */
export function written(found: Found, rewriting: Rewriting, keys: Keyring | null): string | RuleFault {
  return WRITINGS[rewriting](found, keys)
}

type Writing = (found: Found, keys: Keyring | null) => string | RuleFault

const WRITINGS: Readonly<Record<Rewriting, Writing>> = {
  drop: () => '',
  mask: ({ text }) => mask(text),
  replace: ({ signal }) => `[${labelOf(signal)}]`,
  hash: keyed(({ text, signal }, keys) => `[${labelOf(signal)}:${shortHash(text, keys)}]`),
  token: keyed(({ text, signal }, keys) => sealToken(text, labelOf(signal), keys)),
  surrogate: keyed(({ text, signal }, keys) => surrogateOf(text, signal, keys)),
  restore: keyed(({ text }, keys) => openToken(text, keys) ?? NOT_OURS),
}

function keyed(write: (found: Found, keys: Keyring) => string | RuleFault): Writing {
  return (found, keys) => (keys === null ? NO_KEYS : write(found, keys))
}

const NO_KEYS = new RuleFault('the keys that the rewriting needs are not there')

/** 40 bits: joins the values of one tenant, and is too little to be mistaken for proof. */
const shortHash = (text: string, { hash }: Keyring): string =>
  createHmac('sha256', hash).update(text, 'utf16le').digest('hex').slice(0, 10)

/** Of another session or tenant, changed on the way, or never sealed. It stays a token, and the call does not pass. */
const NOT_OURS = new RuleFault('a token does not belong to this session')
