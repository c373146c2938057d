import { literals } from '../recogniser.ts'
import type { FieldRecogniser, Recogniser } from '../recogniser.ts'
import { entropyOf, isExample, kindsOf, looksRandom } from './example.ts'
import { isWordCharacter } from './reading.ts'

/** What the name of a secret has in it. */
const WORDS = [
  'passw',
  'pwd',
  'passphrase',
  'secret',
  'token',
  'credential',
  'creds',
  ...['api', 'access', 'private', 'auth', 'encryption', 'signing', 'master'].flatMap((kind) =>
    ['', '_', '-', ' '].map((joint) => `${kind}${joint}key`),
  ),
]

/** A value of no known form that is assigned to the name of a secret. Less precise than a vendor's form, hence a signal of its own. */
export const GENERIC_SECRETS: Recogniser = {
  signals: ['secret.generic'],
  triggers: literals(...WORDS),
  recognise: (text, start) => {
    ASSIGNMENT.lastIndex = start - lengthOfNameBefore(text, start)
    const [, name = '', quoted, bare] = ASSIGNMENT.exec(text) ?? []
    const value = quoted ?? bare
    if (value === undefined || !isGenericSecret(name, value)) return []
    const end = ASSIGNMENT.lastIndex
    return [{ signal: 'secret.generic', start: end - value.length, end }]
  },
}

/** From the first letter of what may be of a name. */
function lengthOfNameBefore(text: string, place: number): number {
  const least = Math.max(0, place - LONGEST_PREFIX)
  let length = 0
  for (let at = place - 1; at >= least && isOfName(text, at); at -= 1)
    if (isLetter(text.charCodeAt(at))) length = place - at
  return length
}

const isOfName = (text: string, at: number): boolean =>
  isWordCharacter(text, at) || OTHERS_OF_NAME.has(text.charAt(at))

const OTHERS_OF_NAME = new Set('_.-')
const isLetter = (code: number): boolean => (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)
const LONGEST_PREFIX = 32

/** The name of a member says it: then a password need not look random, but a token must, for cursors are called tokens too. */
export const genericField: FieldRecogniser = (name) => {
  const namesPassword = NAMES_PASSWORD.test(name)
  const namesSecret = NAMES_SECRET.test(name)
  if (!namesPassword && !namesSecret) return null
  return (value) =>
    (namesPassword && isPasswordOf(value)) || (namesSecret && isGenericSecret(name, value))
      ? 'secret.generic'
      : null
}

/** Anything but the label or the description of such a field: a word or a sentence that begins with a capital. */
const isPasswordOf = (value: string): boolean =>
  value.length >= LEAST_PASSWORD && value.length <= LONGEST && !isSpoken(value) && !SAID.test(value)

const SAID = /^\p{Lu}\p{L}+(?:\s.*)?$|\s.*[.?!]$/u
const LEAST_PASSWORD = 4
const LONGEST = 512
const NAMES_PASSWORD =
  /^(?:[\w-]*[_-])?(?:pass(?:word|wd|phrase|code)?|pwd)$|^[a-z]+(?:Password|Passwd|Passphrase)$/i
const NAMES_SECRET =
  /secret|(?:api|access|auth|private|signing|encryption|master|session|bearer|refresh|service)[_ -]?(?:key|token)|^(?:token|apikey|credentials?)$/i

/** A name with one of the words, an operator, and a value in quotes or up to the end of what may be one. */
const ASSIGNMENT =
  /([A-Za-z][\w.-]{2,64})["'`\]]{0,2}[ \t]{0,3}(?:=>|:=|[=:])[ \t]{0,3}(?:["'`](?=([^\s"'`]{8,200})["'`])|(?![^\s"'`]{0,200}[([{])(?=([^\s"'`,;<>()[\]{}]{10,200})(?:$|[\s"'`,;<>)\]}])))\2\3/y

function isGenericSecret(name: string, value: string): boolean {
  if (isSpoken(value) || isExample(value) || NAMES_OTHER.test(name)) return false
  if (/passw|pwd|passphrase/i.test(name)) return isPassword(value)
  if (!looksRandom(value) || kindsOf(value) < 2 || isCode(value)) return false
  return entropyOf(value) >= (IN_HEX.test(value) ? LEAST_ENTROPY_OF_HEX : LEAST_ENTROPY)
}

const LEAST_ENTROPY = 3.5
/** Of 32 random digits, one in twelve has less than 3.5. */
const LEAST_ENTROPY_OF_HEX = 3
const IN_HEX = /^[0-9a-f-]{32,}$/i
/** Passwords are short, and a short value cannot have much. */
const LEAST_ENTROPY_OF_PASSWORD = 2.5

const isPassword = (value: string): boolean =>
  kindsOf(value) >= 3 && /\d/.test(value) && entropyOf(value) >= LEAST_ENTROPY_OF_PASSWORD && !isCode(value)

/** Names that have the word and mean something else. */
const NAMES_OTHER =
  /token(?:i[sz]|_?schema|_?(?:type|count|limit|url|uri|endpoint|name|field|expir|ttl|length|address|budget|usage)|s\b)|secret_?(?:name|arn|id|ref|path|version)|(?:key|token|secret|password)[_-]?(?:file|path|name|url|hash|policy|length|field|env|min|max|reset)|page_?token|csrf|public/i

/** References to where a secret is, and words that stand for one. */
const isSpoken = (value: string): boolean =>
  /^(?:\$|%|@|<|\{|\[|#|\*|…)|\$\{|\{\{|^(?:null|true|false|none|undefined|nil|string|env|process|import|require|required|optional|changeme|password|passwd|secret|token|test|hidden|masked|n\/a)\b/i.test(
    value,
  )

/** Code, paths, versions, URLs, hosts, dates and words in a row. */
const isCode = (value: string): boolean =>
  /^[a-z]+(?:[._:/-][a-z]+)+$|^[\w$]+(?:\.[A-Za-z_$][\w$]*)+$|^(?:https?|file|ftp|npm|git|ssh|s3|arn|urn|data):|^[.~/]|^[a-z]:\\|^\d+(?:\.\d+)+|^\d{4}-\d\d-\d\d|[()[\]]|=>|::|\.\.\.|^[A-Z_]+$|^[A-Za-z_$]+[_$-]?\d{1,2}$/i.test(
    value,
  ) || /^[A-Z][a-z]+(?:[A-Z][a-z]+)+\d?$/.test(value)
