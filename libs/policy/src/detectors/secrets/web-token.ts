import { literals } from '../recogniser.ts'
import type { Recogniser } from '../recogniser.ts'
import { readAt } from './reading.ts'

/** JSON Web Tokens (RFC 7519, compact form, signed or encrypted): three or five parts, and a header that is JSON and names its algorithm. */
export const WEB_TOKENS: Recogniser = {
  signals: ['secret.jwt'],
  triggers: literals('eyj', 'zxlk'),
  recognise: (text, start) => {
    if (PART_BEFORE.test(text.charAt(start - 1)) && !ESCAPED.test(text.slice(Math.max(0, start - 3), start)))
      return []
    const found = readAt(TOKEN, text, start) ?? readAt(ENCODED, text, start)
    if (found === null || !hasHeader(found)) return []
    return [{ signal: 'secret.jwt', start, end: start + found.length }]
  },
}

/** One run of these has one token, so no character is read for two. */
const PART_BEFORE = /[\w.-]/
const ESCAPED = /\\[nrt]$|%[0-9a-f]{2}$/i
const TOKEN = /ey[\w-]{12,4096}\.[\w-]{4,16384}\.[\w-]{0,16384}(?:\.[\w-]{0,1024}\.[\w-]{0,1024})?/y
/** a token that is encoded in base64 once more */
const ENCODED = /ZXlK[A-Za-z0-9+/_-]{60,16384}={0,2}/y

function hasHeader(token: string): boolean {
  const inner = token.startsWith('ZXlK') ? Buffer.from(token, 'base64').toString('latin1') : token
  return ALGORITHM.test(Buffer.from(inner.slice(0, inner.indexOf('.')), 'base64url').toString('latin1'))
}

const ALGORITHM = /^\{[^]*"(?:alg|enc)"\s*:\s*"/
