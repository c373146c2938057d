import type { Recogniser } from '../recogniser.ts'
import { literals } from '../recogniser.ts'

/** E-mail addresses, from each `@` outwards. Code repositories, URL user names and file names are none. */
export const EMAIL: Recogniser = {
  signals: ['pii.email'],
  triggers: literals('@'),
  recognise: (text, at) => {
    const start = startOfLocalPart(text, at)
    const domain = start < at ? DOMAIN.exec(text.slice(at + 1, at + 1 + MAX_DOMAIN))?.[0] : undefined
    return domain !== undefined && isAddress(text, start, at, domain)
      ? [{ signal: 'pii.email', start, end: at + 1 + domain.length }]
      : []
  },
}

/** RFC 5321 §4.5.3.1 */
const MAX_LOCAL = 64
const MAX_DOMAIN = 255

const LOCAL = /[\p{L}\p{N}\p{M}._%+'!#$&*=?^{|}~-]/u
const DOMAIN =
  /^[\p{L}\p{N}\p{M}-]{1,63}(?:\.[\p{L}\p{N}\p{M}-]{1,63}){0,7}\.(?:\p{L}[\p{L}\p{M}]{1,23}|xn--[a-z0-9-]{2,59})(?![\p{L}\p{N}])/iu

/** What may open an address in prose: a quotation mark, a list's bullet, a name that is set to it. */
const OPENERS = /^(?:[.'*={|&?!#^~$%-]|[a-z_]{1,20}=)+/i

function startOfLocalPart(text: string, at: number): number {
  let start = at
  while (start > 0 && at - start < MAX_LOCAL && LOCAL.test(text.charAt(start - 1))) start -= 1
  return start + (OPENERS.exec(text.slice(start, at))?.[0].length ?? 0)
}

const FILE_ENDINGS = new Set(
  'png jpg jpeg gif svg webp avif ico bmp pdf js mjs cjs ts tsx jsx css scss html json md txt xml yml yaml'.split(
    ' ',
  ),
)

function isAddress(text: string, start: number, at: number, domain: string): boolean {
  const ending = domain.slice(domain.lastIndexOf('.') + 1).toLowerCase()
  if (FILE_ENDINGS.has(ending) || domain === NOBODYS) return false
  if (text.slice(start, at) === 'git') return false
  return !isUserOfUrl(text.slice(Math.max(0, start - 128), start))
}

/** The domain of the surrogates. */
const NOBODYS = 'redacted.invalid'

/** `scheme://user:password@host`: a credential of a URL, not an address. */
const isUserOfUrl = (before: string): boolean => /:\/\/[^\s/@]{0,128}$/.test(before)
