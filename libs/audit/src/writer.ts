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
  number: (form) => leafWriter(form, String),
  string: (form) => leafWriter(form, JSON.stringify),
  template_literal: ({ _zod: { pattern } }) =>
    pattern ? remembering(leafOf([matching(pattern)], JSON.stringify)) : null,
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

type Leaf = string | number

function leafWriter({ def }: Form, write: (leaf: Leaf) => string): Writer | null {
  const checks = checksOf(def)
  if (checks === null) return null
  // a number without the check of a safe integer has no canonical form
  if (def.type === 'number') return def.format === 'safeint' ? leafOf(checks, write) : null
  return remembering(leafOf([isText, ...checks], write))
}

const leafOf =
  (checks: readonly Check[], write: (leaf: Leaf) => string): Writer =>
  (value) => {
    if (!isLeaf(value) || !passes(value, checks)) throw misfit('string or number')
    return write(value)
  }

/** Names and ids come again and again: their texts are kept, up to a bound. Longer ones are hashes, which do not. */
function remembering(write: Writer): Writer {
  const texts = new Map<unknown, string>()
  return (value) => {
    const known = texts.get(value)
    if (known !== undefined) return known
    const text = write(value)
    if (text.length > LONGEST_REMEMBERED) return text
    if (texts.size >= MOST_REMEMBERED) texts.clear()
    texts.set(value, text)
    return text
  }
}

const MOST_REMEMBERED = 256
const LONGEST_REMEMBERED = 48

type Check = (value: Leaf | readonly unknown[]) => boolean

function passes(value: Leaf | readonly unknown[], checks: readonly Check[]): boolean {
  for (const check of checks) if (!check(value)) return false
  return true
}

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

const isText: Check = (value) => typeof value === 'string'
const lengthOf = (value: Leaf | readonly unknown[]): number => (typeof value === 'number' ? 0 : value.length)
const isLeaf = (value: unknown): value is Leaf => typeof value === 'string' || typeof value === 'number'
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const misfit = (wanted: string): TypeError => new TypeError(`a member of the record is no ${wanted}`)
