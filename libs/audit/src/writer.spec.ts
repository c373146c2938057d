import { describe, expect, it } from '@jest/globals'
import type { Json, JsonObject } from '@writ/contracts'
import { AuditRecord, JsonSchema } from '@writ/contracts'
import * as fc from 'fast-check'
import { canonical } from './canonical.ts'
import { fields, NODE, STREAM } from './sample.fixture.ts'
import { textByName, writeRecord } from './record-text.ts'
import type { Form, Writer } from './writer.ts'
import { writerOf } from './writer.ts'

/** What the writer stands for. Null: refused. */
function referenceOf(value: unknown): string | null {
  const read = AuditRecord.safeParse(value)
  if (!read.success) return null
  // a member that may be missing is missing when it is undefined
  const tree: Json = JSON.parse(JSON.stringify(read.data))
  try {
    return canonical(tree)
  } catch {
    // a view of the API may hold a fraction, a record may not
    return null
  }
}

const orRefused = (write: Writer) => (value: unknown) => {
  try {
    return write(value)
  } catch {
    return null
  }
}

/** Values that fit a schema, made from the schema itself, so that what is added to a record is covered the day it is added. */
const fitting = (form: Form): fc.Arbitrary<unknown> => FITTING[form.def.type]?.(form) ?? ANY_JSON

const FITTING: Readonly<Record<string, (form: Form) => fc.Arbitrary<unknown>>> = {
  object: ({ def }) => membersOf(def.shape ?? {}),
  array: ({ def }) => fc.array(fitting(present(def.element)), { minLength: minimumOf(def), maxLength: 3 }),
  nullable: ({ def }) => fc.option(fitting(present(def.innerType))),
  default: ({ def }) => fc.option(fitting(present(def.innerType)), { nil: undefined }),
  optional: ({ def }) => fc.option(fitting(present(def.innerType)), { nil: undefined }),
  enum: ({ def }) => fc.constantFrom(...Object.values(def.entries ?? {})),
  literal: ({ def }) => fc.constantFrom(...(def.values ?? [])),
  boolean: () => fc.boolean(),
  number: () => fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  template_literal: ({ _zod }) => fc.stringMatching(present(_zod.pattern)),
  string: ({ def }) => texts(def),
  union: ({ def }) => fc.oneof(...present(def.options).map(fitting)),
}

const ANY_JSON = fc.constantFrom<Json>(null, 'text', 7, true, [], { b: [1], a: { 'é"': null } })

const membersOf = (shape: Readonly<Record<string, Form>>): fc.Arbitrary<unknown> =>
  fc.record(Object.fromEntries(Object.entries(shape).map(([key, form]) => [key, fitting(form)])))

function texts(def: Form['def']): fc.Arbitrary<string> {
  const pattern = def.pattern ?? def.checks?.map(({ _zod }) => _zod.def.pattern).find((one) => one)
  return pattern ? fc.stringMatching(pattern) : fc.string({ unit: 'binary', maxLength: 40 })
}

const minimumOf = (def: Form['def']): number =>
  Math.max(0, ...(def.checks ?? []).map(({ _zod }) => _zod.def.minimum ?? 0))

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the schema has no such part')
  return value
}

const records = fitting(AuditRecord)
const strangers = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, '', 'x', -1, 0, 1.5, 2 ** 53, Number.NaN, true, [], {}, ['x']),
  fc.string({ unit: 'binary' }),
  fc.string({ minLength: 300, maxLength: 600 }),
  fc.constant({ id: 'agt_x', name: 'x' }),
)

/** A place in a tree, chosen by a number, and what stands there replaced. */
function replaced(tree: unknown, choice: number, by: unknown): unknown {
  if (typeof tree !== 'object' || tree === null || Object.keys(tree).length === 0) return by
  const keys = Object.keys(tree)
  const key = keys[choice % (keys.length + 1)]
  if (key === undefined) return Array.isArray(tree) ? [...tree, by] : { ...tree, added: by }
  const deeper = Math.floor(choice / (keys.length + 1))
  const changed = Object.entries(tree).map(([name, member]) => [
    name,
    name === key ? (deeper % 3 === 0 ? by : replaced(member, Math.floor(deeper / 3), by)) : member,
  ])
  return Array.isArray(tree) ? changed.map(([, member]) => member) : Object.fromEntries(changed)
}

describe.each([
  ['by the schema', writerOf(AuditRecord)],
  ['by name', writeRecord],
])('the bytes of a record, written %s', (_way, write) => {
  const written = orRefused(write)

  it('are the canonical form of what the schema makes of it', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(write(record)).toBe(referenceOf(record))
      }),
    )
  })

  it('are refused exactly where the schema refuses, whatever is changed in a record', () => {
    let refused = 0
    fc.assert(
      fc.property(records, fc.nat(), strangers, (record, choice, stranger) => {
        const changed = replaced(record, choice, stranger)
        if (written(changed) === null) refused += 1
        expect(written(changed)).toBe(referenceOf(changed))
      }),
      { numRuns: 600 },
    )
    expect(refused).toBeGreaterThan(60)
  }, 30_000)

  const whole = { ...fields(1), v: 'writ.decision.v1', stream: STREAM, seq: 0, prev: '0'.repeat(64) }

  it.each([
    ['an id of another kind', { ...whole, agent: { id: NODE, name: 'x' } }],
    ['a number that is not whole', { ...whole, durationMicros: 0.5 }],
    ['a number that is not safe', { ...whole, seq: 2 ** 53 }],
    ['a member that nobody knows', { ...whole, secret: 'x' }],
    ['a member of a member that nobody knows', { ...whole, agent: { ...whole.agent, secret: 'x' } }],
    ['a list where an object is wanted', { ...whole, gateway: [] }],
    ['a hash that is too short', { ...whole, prev: '0'.repeat(63) }],
    ['a time without milliseconds', { ...whole, at: '2026-11-20T10:00:00Z' }],
  ])('are not made with %s', (_, record) => {
    expect(written(record)).toBeNull()
  })

  it('are checked anew for each member that had the same text elsewhere', () => {
    const name = 'agt_00000000000000000000000000'
    expect(written({ ...whole, human: { id: 'hum_00000000000000000000000000', name } })).not.toBeNull()
    expect(written({ ...whole, human: { id: name, name } })).toBeNull()
  })
})

describe('writing by name', () => {
  const whole = { ...fields(1), v: 'writ.decision.v1', stream: STREAM, seq: 0, prev: '0'.repeat(64) }

  it('does for what calls leave, also with members that are there without a value', () => {
    expect(textByName(whole)).toBe(referenceOf(whole))
    const hollow = { ...whole, parent: undefined, trace: undefined, flags: undefined, ancestors: undefined }
    expect(textByName(hollow)).toBe(referenceOf(whole))
  })

  it('leaves to the schema what lacks a member that has a default', () => {
    const { delegators, ...rest } = whole
    expect(delegators).toEqual([])
    expect(textByName(rest)).toBeNull()
    expect(writeRecord(rest)).toBe(referenceOf(whole))
  })
})

describe('a schema that is not known here', () => {
  it('is left to zod', () => {
    const value: JsonObject = { b: 1, a: ['é'] }
    expect(writerOf(JsonSchema)(value)).toBe('{"a":["é"],"b":1}')
    expect(() => writerOf(JsonSchema)(undefined)).toThrow()
  })
})
