import type { Json } from '@writ/contracts'
import { canonical } from './canonical.ts'

/** Canonical text of a value. @throws when the value does not fit the schema that the writer was made of */
export type Writer = (value: unknown) => string

/** What is read of a zod schema; a kind of schema or check that is not known here is left to zod itself. */
export type Form = {
  readonly def: Definition
  readonly parse: (value: unknown) => unknown
  readonly _zod: { readonly pattern?: RegExp | undefined }
}
type Definition = CheckDefinition & {
  readonly type: string
  readonly checks?: readonly { readonly _zod: { readonly def: CheckDefinition } }[] | undefined
  readonly shape?: Readonly<Record<string, Form>>
  readonly catchall?: { readonly _zod: { readonly def: { readonly type: string } } } | undefined
  readonly innerType?: Form
  readonly element?: Form
  readonly options?: readonly Form[]
  readonly defaultValue?: unknown
  readonly entries?: Readonly<Record<string, string | number>>
  readonly values?: readonly unknown[]
}
type CheckDefinition = {
  readonly check?: string
  readonly format?: string | undefined
  readonly pattern?: RegExp | undefined
  readonly maximum?: number
  readonly minimum?: number
  readonly value?: unknown
  readonly inclusive?: boolean
}

/**
 * Checks and writes in one pass, made once from a schema: the same text as `canonical(schema.parse(value))`, and like it
 * no text at all of what does not fit. A record is written for every message, and the two passes cost ten times as much.
 */
export function writerOf(form: Form): Writer {
  return MAKERS[form.def.type]?.(form) ?? leftToZod(form)
}

const leftToZod =
  (form: Form): Writer =>
  (value) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `canonical` refuses whatever is not JSON
    canonical(form.parse(value) as Json)

/** Null: this schema has something that is not known here. */
type Maker = (form: Form) => Writer | null

const MAKERS: Readonly<Record<string, Maker>> = {
  object: objectWriter,
  array: listWriter,
  nullable: ({ def }) => (def.innerType ? orNull(writerOf(def.innerType)) : null),
  default: ({ def }) => (def.innerType ? orDefault(writerOf(def.innerType), def.defaultValue) : null),
  union: ({ def }) => textOrObject(def.options ?? []),
  enum: ({ def }) => wordWriter(Object.values(def.entries ?? {})),
  literal: ({ def }) => wordWriter(def.values ?? []),
  boolean: () => flag,
  number: numberWriter,
  string: ({ def }) => textWriter(checksOf(def), patternsOf(def)),
  template_literal: ({ _zod: { pattern } }) => (pattern ? textWriter([matching(pattern)], [pattern]) : null),
}

function objectWriter({ def }: Form): Writer | null {
  if (def.shape === undefined || def.catchall?._zod.def.type !== 'never') return null
  const members = Object.entries(def.shape)
    // the order of code units, as in the canonical form
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, form]) => memberOf(key, form))
  return (value) => {
    if (!isObject(value)) throw misfit('object')
    let text = '{'
    let known = 0
    for (const { key, label, write, isOptional } of members) {
      const member = value[key]
      if (member !== undefined || key in value) known += 1
      if (member === undefined && isOptional) continue
      text += (text === '{' ? label.slice(1) : label) + write(member)
    }
    if (Object.keys(value).length !== known) throw misfit('object without other members')
    return `${text}}`
  }
}

/**
 * A text, or an object instead of it: the names of humans. The object is one of a bundle, the same for every record that names the human,
 * and so its text is kept as long as it is.
 */
function textOrObject(options: readonly Form[]): Writer | null {
  const [text, object, ...others] = options
  if (text?.def.type !== 'string' || object?.def.type !== 'object' || others.length > 0) return null
  const [writeText, writeObject] = [writerOf(text), writerOf(object)]
  const texts = new WeakMap<object, string>()
  return (value) => {
    if (!isObject(value)) return writeText(value)
    const known = texts.get(value)
    if (known !== undefined) return known
    const written = writeObject(value)
    texts.set(value, written)
    return written
  }
}

type Member = {
  readonly key: string
  /** with the comma before it */
  readonly label: string
  readonly write: Writer
  readonly isOptional: boolean
}

function memberOf(key: string, form: Form): Member {
  const inner = form.def.type === 'optional' ? form.def.innerType : undefined
  const write = writerOf(inner ?? form)
  return { key, label: `,${JSON.stringify(key)}:`, write, isOptional: inner !== undefined }
}

function listWriter({ def }: Form): Writer | null {
  const checks = checksOf(def)
  if (def.element === undefined || checks === null) return null
  const write = writerOf(def.element)
  return (value) => {
    if (!isList(value) || !passes(value, checks)) throw misfit('list')
    let text = ''
    for (const member of value) text += `${text === '' ? '' : ','}${write(member)}`
    return `[${text}]`
  }
}

const orNull =
  (write: Writer): Writer =>
  (value) =>
    value === null ? 'null' : write(value)

const orDefault =
  (write: Writer, otherwise: unknown): Writer =>
  (value) =>
    write(value === undefined ? otherwise : value)

function wordWriter(words: readonly unknown[]): Writer | null {
  if (!words.every((word) => typeof word === 'string')) return null
  const texts = new Map<unknown, string>(words.map((word) => [word, JSON.stringify(word)]))
  return (value) => {
    const text = texts.get(value)
    if (text === undefined) throw misfit('word of the list')
    return text
  }
}

const flag: Writer = (value) => {
  if (typeof value !== 'boolean') throw misfit('boolean')
  return value ? 'true' : 'false'
}

function numberWriter({ def }: Form): Writer | null {
  const checks = checksOf(def)
  // a number without the check of a safe integer has no canonical form
  if (checks === null || def.format !== 'safeint') return null
  return (value) => {
    if (typeof value !== 'number' || !passes(value, checks)) throw misfit('number')
    return String(value)
  }
}

/**
 * Names and ids come again and again: their texts are kept, up to a bound. Longer ones are hashes, which do not.
 * @param patterns those among the checks
 */
function textWriter(checks: readonly Check[] | null, patterns: readonly RegExp[]): Writer | null {
  if (checks === null) return null
  const quoted = patterns.some(isPlain) ? inQuotes : JSON.stringify
  const texts = new Map<string, string>()
  let last: string | null = null
  let lastText = ''
  return (value) => {
    if (typeof value !== 'string') throw misfit('string')
    if (value === last) return lastText
    const isShort = value.length <= LONGEST_REMEMBERED
    let text = isShort ? texts.get(value) : undefined
    if (text === undefined) {
      if (!passes(value, checks)) throw misfit('string')
      text = quoted(value)
      if (texts.size >= MOST_REMEMBERED) texts.clear()
      if (isShort) texts.set(value, text)
    }
    last = value
    lastText = text
    return text
  }
}

const MOST_REMEMBERED = 256
const LONGEST_REMEMBERED = 46

const inQuotes = (text: string): string => `"${text}"`

/** Whether all that a pattern lets through stands in JSON as it is: it names letters, digits and a few signs, and ranges of those only. */
const isPlain = ({ source, flags }: RegExp): boolean =>
  flags === '' && /^\^(?:[\w:,|?(){}]|\[(?:\d-\d|[A-Z]-[A-Z]|[a-z]-[a-z]|\w)+-?\])+\$$/.test(source)

type Check = (value: string | number | readonly unknown[]) => boolean

function passes(value: string | number | readonly unknown[], checks: readonly Check[]): boolean {
  for (const check of checks) if (!check(value)) return false
  return true
}

const patternsOf = ({ pattern, checks = [] }: Definition): RegExp[] =>
  [pattern, ...checks.map(({ _zod }) => _zod.def.pattern)].filter((one) => one !== undefined)

/** Null: one of them is not known. A schema of a format is a check of its own. */
function checksOf(def: Definition): Check[] | null {
  const own = def.check === undefined ? [] : [def]
  const checks = [...own, ...(def.checks ?? []).map(({ _zod }) => _zod.def)].map(checkOf)
  return checks.every((check) => check !== null) ? checks : null
}

const checkOf = (def: CheckDefinition): Check | null => CHECKS[def.check ?? '']?.(def) ?? null

const CHECKS: Readonly<Record<string, (def: CheckDefinition) => Check | null>> = {
  string_format: ({ pattern }) => (pattern ? matching(pattern) : null),
  number_format: ({ format }) => (format === 'safeint' ? Number.isSafeInteger : null),
  max_length:
    ({ maximum = 0 }) =>
    (given) =>
      lengthOf(given) <= maximum,
  min_length:
    ({ minimum = 0 }) =>
    (given) =>
      lengthOf(given) >= minimum,
  greater_than: ({ value, inclusive }) =>
    typeof value === 'number'
      ? (given) => (given === value ? inclusive === true : Number(given) > value)
      : null,
}

/** Without the flags by which a pattern remembers where it was. */
const matching = (pattern: RegExp): Check => {
  const fixed = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  return (value) => typeof value === 'string' && fixed.test(value)
}

const lengthOf = (value: string | number | readonly unknown[]): number =>
  typeof value === 'number' ? 0 : value.length
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const misfit = (wanted: string): TypeError => new TypeError(`a member of the record is no ${wanted}`)
