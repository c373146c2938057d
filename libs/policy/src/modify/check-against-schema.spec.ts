import { describe, expect, it } from '@jest/globals'
import type { Json, JsonObject } from '@writ/contracts'
import { RuleFault } from '../rule-fault.ts'
import { checkAgainstSchema } from './check-against-schema.ts'

const EMAIL = 'me@example.com'
const leaf = (schema: Json, before: string, after: string): RuleFault | null =>
  checkAgainstSchema({ to: before }, { to: after }, { type: 'object', properties: { to: schema } })

const uuid = '550e8400-e29b-41d4-a716-446655440000'

describe('a rewritten text passes', () => {
  it.each<readonly [JsonObject, string]>([
    [{}, '[EMAIL]'],
    [{ type: 'string' }, '[EMAIL]'],
    [{ type: ['null', 'string'] }, '[EMAIL]'],
    [{ maxLength: 7 }, '[EMAIL]'],
    [{ minLength: 2, maxLength: 2 }, '👋👋'],
    [{ enum: ['a', EMAIL] }, 'a'],
    [{ const: 'a' }, 'a'],
    [{ pattern: '^u-[0-9a-f]+@' }, 'u-12ab@redacted.invalid'],
    [{ format: 'email' }, 'u-12ab@redacted.invalid'],
    [{ format: 'uri' }, 'https://[::1]/a?b=c'],
    [{ format: 'date' }, '1980-02-03'],
    [{ format: 'date-time' }, '1980-02-03T04:05:06.7+01:00'],
    [{ format: 'uuid' }, uuid],
    [{ format: 'ipv4' }, '192.0.2.1'],
    [{ format: 'ipv6' }, '2001:db8::1'],
    [{ format: 'x-of-a-server' }, '[EMAIL]'],
    [{ anyOf: [{ type: 'null' }, { type: 'string' }] }, '[EMAIL]'],
    [{ $ref: '#/properties/from' }, '[EMAIL]'],
  ])('by %j: %s', (schema, after) => {
    const inputSchema = { properties: { to: schema, from: { maxLength: 9 } } }
    expect(checkAgainstSchema({ to: EMAIL }, { to: after }, inputSchema)).toBeNull()
  })

  it('whatever the schema says about texts that were not touched', () => {
    const inputSchema = { properties: { to: {}, from: { enum: ['nobody'] } } }
    expect(checkAgainstSchema({ to: 'a', from: 'b' }, { to: 'x', from: 'b' }, inputSchema)).toBeNull()
  })
})

describe('a rewritten text does not pass', () => {
  it.each<readonly [Json, string]>([
    [false, '[EMAIL]'],
    [{ type: 'integer' }, '[EMAIL]'],
    [{ maxLength: 6 }, '[EMAIL]'],
    [{ minLength: 8 }, '[EMAIL]'],
    [{ enum: [EMAIL] }, '[EMAIL]'],
    [{ const: EMAIL }, '[EMAIL]'],
    [{ pattern: '@' }, '[EMAIL]'],
    [{ pattern: '(?=a)' }, 'a'],
    [{ pattern: 'a'.repeat(600) }, 'a'],
    [{ pattern: 1 }, 'a'],
    [{ format: 'email' }, '[EMAIL]'],
    [{ format: 'uri' }, '[EMAIL]'],
    [{ format: 'date' }, '1980-13-03'],
    [{ format: 'date-time' }, '1980-02-03'],
    [{ format: 'uuid' }, '[UUID]'],
    [{ format: 'ipv4' }, '[IP]'],
    [{ format: 'ipv6' }, '[IP]'],
    [{ format: 'hostname' }, '[HOST]'],
    [{ allOf: [{}, { maxLength: 3 }] }, '[EMAIL]'],
    [{ anyOf: [{ type: 'null' }, { format: 'email' }] }, '[EMAIL]'],
    [{ oneOf: [{ format: 'email' }, { pattern: '^\\[' }] }, '[EMAIL]'],
    [{ not: { pattern: '^\\[' } }, '[EMAIL]'],
    [{ if: { pattern: '@' }, else: {} }, '[EMAIL]'],
    [{ $ref: 'https://example.com/schema.json' }, '[EMAIL]'],
    [{ $ref: '#/nowhere' }, '[EMAIL]'],
    [{ $ref: '#/properties/to' }, '[EMAIL]'],
    [{ $dynamicRef: '#x' }, '[EMAIL]'],
    ['nonsense', '[EMAIL]'],
  ])('by %j: %s', (schema, after) => {
    expect(leaf(schema, EMAIL, after)).toBeInstanceOf(RuleFault)
  })

  it.each<readonly [JsonObject, Json, Json]>([
    [{ properties: { a: { items: { maxLength: 3 } } } }, { a: ['me@x.yz'] }, { a: ['[EMAIL]'] }],
    [{ properties: { a: { prefixItems: [{}, { enum: ['x'] }] } } }, { a: ['y', 'x'] }, { a: ['y', 'z'] }],
    [{ properties: { a: { items: [{}, { enum: ['x'] }] } } }, { a: ['y', 'x'] }, { a: ['y', 'z'] }],
    [{ patternProperties: { '^x-': { maxLength: 3 } } }, { 'x-to': 'a' }, { 'x-to': 'long' }],
    [{ additionalProperties: { maxLength: 3 } }, { to: 'a' }, { to: 'long' }],
    [
      { $defs: { s: { maxLength: 3 } }, properties: { to: { $ref: '#/$defs/s' } } },
      { to: 'a' },
      { to: 'long' },
    ],
    [{ anyOf: [{ properties: { to: { maxLength: 3 } } }, {}] }, { to: 'a' }, { to: 'long' }],
  ])('where %j says so', (schema, before, after) => {
    expect(checkAgainstSchema(before, after, schema)).toBeInstanceOf(RuleFault)
  })

  it('and the fault says where, and no value', () => {
    expect(leaf({ maxLength: 3 }, EMAIL, 'secret')?.because).toBe(
      '/to would no longer be what the input schema allows',
    )
  })
})

describe('a hostile schema', () => {
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [
      `s${at}`,
      { anyOf: [{ $ref: `#/$defs/s${at + 1}` }, { $ref: `#/$defs/s${at + 1}` }] },
    ]),
  )
  it.each(['(?i)[\\p{L}\\p{N}]{1,300}x', '(?:[a-z0-9]{1,30}){1,30}!', '.{0,900}#'])(
    'whose pattern %s takes many steps for every character is not tried on a long text',
    (pattern) => {
      const schema = { properties: { to: { pattern } } }
      const fault = checkAgainstSchema({ to: 'a'.repeat(30_000) }, { to: 'b'.repeat(30_000) }, schema)
      expect(fault?.because).toContain('too long')
    },
  )

  it('of an ordinary pattern is still tried on a text of some length', () => {
    const schema = { properties: { to: { pattern: '^[a-z ]{1,300}$' } } }
    expect(checkAgainstSchema({ to: 'a'.repeat(200) }, { to: 'b'.repeat(200) }, schema)).toBeNull()
  })

  it.each<readonly [string, JsonObject]>([
    ['that doubles at every step', { $defs: { ...doubling, s40: {} }, $ref: '#/$defs/s0' }],
    ['that is its own part', { $ref: '#' }],
    [
      'of many patterns',
      {
        patternProperties: Object.fromEntries(
          Array.from({ length: 5_000 }, (_, at) => [`^(a|b|${at}){1,900}$`, {}]),
        ),
      },
    ],
    ['of a long list', { properties: { to: { enum: Array.from({ length: 500_000 }, String) } } }],
  ])('%s is refused in bounded time', (_, schema) => {
    const before = process.cpuUsage()
    expect(checkAgainstSchema({ to: 'a' }, { to: 'b' }, schema)).toBeInstanceOf(RuleFault)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(1000)
  })
})
