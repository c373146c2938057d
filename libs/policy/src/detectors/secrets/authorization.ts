import { literals } from '../recogniser.ts'
import type { Recogniser } from '../recogniser.ts'
import type { Span } from '../sighting.ts'
import { isExample, looksRandom } from './example.ts'
import { readAt } from './reading.ts'

/** Credentials of HTTP: `Authorization: Bearer ...` and `Basic ...` (RFC 7617), and what curl is given with `-u`. */
export const AUTHORIZATIONS: readonly Recogniser[] = [
  {
    signals: ['secret.authorization'],
    triggers: literals('bearer ', 'token '),
    recognise: (text, _start, end) => spanOf(text, end, readAt(BEARER, text, end), looksRandom),
  },
  {
    signals: ['secret.authorization'],
    triggers: literals('basic '),
    recognise: (text, _start, end) => spanOf(text, end, readAt(BASIC, text, end), isUserAndPassword),
  },
  {
    signals: ['secret.authorization'],
    triggers: literals(' -u ', ' -u', ' --user ', ' --user='),
    recognise: (text, start, end) => {
      if (!/\bcurl\b/.test(text.slice(Math.max(0, start - CURL_REACH), start))) return []
      return spanOf(text, end, readAt(USER, text, end), (user) => !VARIABLE.test(user))
    },
  },
]

const BEARER = /[A-Za-z0-9_~+/.-]{20,500}={0,2}/y
const BASIC = /[A-Za-z0-9+/]{8,500}={0,2}/y
const USER = /["']?[^\s:"'`$<>{}]{2,64}:[^\s:"'`<>{}]{3,128}["']?/y
const CURL_REACH = 400
const VARIABLE = /\$|^["']?\d+:\d+["']?$|:(?:pass(?:word)?|token|secret|x-oauth-basic)["']?$/i

function spanOf(
  text: string,
  start: number,
  value: string | null,
  isSecret: (value: string) => boolean,
): readonly Span[] {
  if (value === null || isExample(value) || !isSecret(value)) return []
  return start + value.length > text.length
    ? []
    : [{ signal: 'secret.authorization', start, end: start + value.length }]
}

const isUserAndPassword = (value: string): boolean =>
  /^[\x21-\x7e]{1,128}:[\x20-\x7e]{3,}$/.test(Buffer.from(value, 'base64').toString('latin1'))
