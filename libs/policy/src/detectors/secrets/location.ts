import { literals } from '../recogniser.ts'
import type { Recogniser } from '../recogniser.ts'
import { isExample } from './example.ts'
import { readAt } from './reading.ts'

/** Passwords in URLs (RFC 3986 section 3.2.1) and in connection strings of `name=value;` pairs (ODBC, ADO.NET, JDBC). */
export const LOCATIONS: readonly Recogniser[] = [
  {
    signals: ['secret.url'],
    triggers: literals('://'),
    recognise: (text, start, end) => {
      const found = readAt(USER_INFO, text, end)
      if (found === null || !/[a-z0-9]/i.test(text.charAt(start - 1))) return []
      const password = found.slice(found.indexOf(':') + 1, found.lastIndexOf('@'))
      if (isSpoken(password)) return []
      return [{ signal: 'secret.url', start: end, end: end + found.length - 1 }]
    },
  },
  {
    signals: ['secret.url'],
    triggers: literals('password=', 'pwd=', 'password =', 'pwd ='),
    recognise: (text, start, end) => {
      const password = readAt(MEMBER, text, end)
      if (password === null || isSpoken(password.trim())) return []
      if (!SERVER.test(text.slice(Math.max(0, start - 300), end + 300))) return []
      return [{ signal: 'secret.url', start: end, end: end + password.length }]
    },
  },
]

const USER_INFO = /[^\s:/?#@"'<>`]{0,128}:[^\s/?#@"'<>`]{3,200}@[\w[]/y
const MEMBER = /[^;"'\s<>]{4,128}/y
const SERVER = /(?:server|data source|host|user id|uid)\s?=[^;]{1,100};/i

/** What documentation writes where a password goes. */
const isSpoken = (password: string): boolean => STOCK.test(password) || isPlaceholder(password)

const STOCK =
  /^(?:my|the|your|some|db|user|test|admin|root|auth|super|a)?[-_]?(?:pass(?:word|wd|phrase)?|pwd|pw|secret|token|key|auth|creds?|guest|test|root|admin|user(?:name)?|postgres|mysql|mongo|redis|foo|bar|baz|host|port|hunter2|p(?:@|%40)ss\w*|\d{1,5})\d{0,3}$/i

const isPlaceholder = (password: string): boolean =>
  /[${}<>[\]*…]|%[sdv(]/.test(password) || (password.length >= LONG && isExample(password))

/** Below this, entropy says nothing. */
const LONG = 10
