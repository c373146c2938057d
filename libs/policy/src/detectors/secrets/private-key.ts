import { literals } from '../recogniser.ts'
import type { Recogniser } from '../recogniser.ts'
import { readAt } from './reading.ts'

/**
 * Private keys in PEM (RFC 7468: PKCS #1, #8, SEC 1), OpenSSH's and PGP's armour (RFC 9580 section 6.2), and PuTTY's file. Line ends may be
 * escaped, as inside JSON. A key that is cut off is one too; a header in prose, with nothing after it, is not.
 */
export const PRIVATE_KEYS: Recogniser = {
  signals: ['secret.private-key'],
  triggers: literals('-----begin', 'putty-user-key-file-'),
  recognise: (text, start) => {
    const found = readAt(ARMOUR, text, start) ?? readAt(PUTTY, text, start)
    return found === null ? [] : [{ signal: 'secret.private-key', start, end: start + found.length }]
  },
}

/** Never reads over the dashes of another block, so that the blocks of a text are read once. */
const BODY = String.raw`(?:[^-]|-(?!----)){40,16384}`
const ARMOUR = new RegExp(
  String.raw`-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----${BODY}(?:-----END[ A-Z0-9_]{0,40}PRIVATE KEY(?: BLOCK)?-----)?`,
  'iy',
)
const PUTTY = /PuTTY-User-Key-File-[23]: (?:(?!PuTTY-User)[^-]|-){40,8192}/y
