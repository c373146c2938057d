import type { Span } from './sighting.ts'

/** E-mail addresses, found from each `@` outwards. Code repositories, URL user names and file names are none. */
export function* detectEmails(text: string): Generator<Span> {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const start = startOfLocalPart(text, at)
    const domain = DOMAIN.exec(text.slice(at + 1, at + 1 + MAX_DOMAIN))?.[0]
    if (start < at && domain !== undefined && isAddress(text, start, at, domain))
      yield { signal: 'pii.email', start, end: at + 1 + domain.length }
  }
}

/** RFC 5321 §4.5.3.1 */
const MAX_LOCAL = 64
const MAX_DOMAIN = 255

const LOCAL = /[\p{L}\p{N}._%+'-]/u
const DOMAIN = /^[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,7}\.\p{L}{2,24}(?![\p{L}\p{N}])/u

function startOfLocalPart(text: string, at: number): number {
  let start = at
  while (start > 0 && at - start < MAX_LOCAL && LOCAL.test(text.charAt(start - 1))) start -= 1
  while (start < at && (text[start] === '.' || text[start] === "'")) start += 1
  return start
}

const FILE_ENDINGS = new Set(
  'png jpg jpeg gif svg webp avif ico bmp pdf js mjs cjs ts tsx jsx css scss html json md txt xml yml yaml'.split(
    ' ',
  ),
)

function isAddress(text: string, start: number, at: number, domain: string): boolean {
  const ending = domain.slice(domain.lastIndexOf('.') + 1).toLowerCase()
  if (FILE_ENDINGS.has(ending)) return false
  if (text.slice(start, at) === 'git') return false
  return !isUserOfUrl(text.slice(Math.max(0, start - 128), start))
}

/** `scheme://user:password@host`: a credential of a URL, not an address. */
const isUserOfUrl = (before: string): boolean => /:\/\/[^\s/@]{0,128}$/.test(before)
