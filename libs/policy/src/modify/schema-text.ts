import type { Json, JsonObject } from '@writ/contracts'
import { isIpv4, isIpv6 } from '../detectors/pii/ip-address.ts'
import { isList } from '../path.ts'
import { RuleFault } from '../rule-fault.ts'
import type { Truth } from '../rule-fault.ts'
import type { Work } from '../work.ts'
import { matchesIn } from './schema-pattern.ts'

/** What a schema's own keywords say about a text: type, const, enum, minLength, maxLength, pattern, format. */
export function allowsText(schema: JsonObject, text: string, work: Work): Truth {
  if (!allowsType(schema['type']) || !isListed(schema, text, work) || !hasLength(schema, text)) return false
  const { pattern, format } = schema
  const matches = pattern === undefined ? true : matchesPattern(pattern, text, work)
  return matches === true && typeof format === 'string' ? hasFormat(format, text) : matches
}

function allowsType(type: Json | undefined): boolean {
  if (type === undefined) return true
  return isList(type) ? type.includes('string') : type === 'string'
}

function isListed(schema: JsonObject, text: string, work: Work): boolean {
  const listed = schema['enum']
  if (listed !== undefined && isList(listed)) {
    if (!work.take(listed.length / 16) || !listed.includes(text)) return false
  }
  return !Object.hasOwn(schema, 'const') || schema['const'] === text
}

/** Lengths count characters, not code units (JSON Schema Validation §6.3). */
function hasLength({ minLength, maxLength }: JsonObject, text: string): boolean {
  if (typeof minLength !== 'number' && typeof maxLength !== 'number') return true
  const length = text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, 'x').length
  return (
    !(typeof minLength === 'number' && length < minLength) &&
    !(typeof maxLength === 'number' && length > maxLength)
  )
}

const matchesPattern = (pattern: Json, text: string, work: Work): Truth =>
  typeof pattern === 'string'
    ? matchesIn(pattern, text, work)
    : new RuleFault('cannot be checked: a pattern is no text')

function hasFormat(format: string, text: string): Truth {
  const check = FORMATS[format]
  if (check !== undefined) return text.length <= MOST_FORMATTED && check(text)
  return UNCHECKED.has(format) ? new RuleFault('cannot be checked: its format is not known here') : true
}

const MOST_FORMATTED = 4096

const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  email: (text) => /^[^\s@<>()[\]\\,;:"]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}$/.test(text),
  uri: (text) =>
    /^[a-z][a-z0-9+.-]{0,31}:[^\s<>"{}|\\^`[\]]+$/i.test(text.replace(/\/\/\[[0-9a-f:.]{2,45}\]/i, '//x')),
  date: (text) => DATE.test(text),
  'date-time': (text) =>
    DATE.test(text.slice(0, 10)) && /^[t ]$/i.test(text.charAt(10)) && TIME.test(text.slice(11)),
  uuid: (text) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text),
  ipv4: isIpv4,
  ipv6: isIpv6,
}

/** Formats of the standard that constrain a text and are not told here. Others are names that a server made up. */
const UNCHECKED = new Set(
  'time duration idn-email hostname idn-hostname uri-reference iri iri-reference uri-template json-pointer relative-json-pointer regex'.split(
    ' ',
  ),
)
