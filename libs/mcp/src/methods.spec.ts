import { describe, expect, it } from '@jest/globals'
import { OPEN_METHODS } from '@writ/contracts'
import * as modern from '@modelcontextprotocol/core'
import * as legacy from '@modelcontextprotocol/sdk/types.js'
import type { Message } from './message.ts'
import { METHODS, rowOf } from './methods.ts'
import { REVISIONS } from './protocol-methods.suite.ts'

const message = (
  kind: Message['kind'],
  method: string | null,
  tree: Message['tree'] = { method },
): Message => ({
  kind,
  method,
  id: kind === 'notification' ? null : 1,
  params: {},
  tree,
})

const claiming = (method: string, version: string) => ({
  ...message('request', method),
  params: { _meta: { 'io.modelcontextprotocol/protocolVersion': version } },
})

describe('METHODS against the schemas of the protocol', () => {
  const client = ['ClientRequestSchema', 'ClientNotificationSchema']
  const server = ['ServerRequestSchema', 'ServerNotificationSchema']

  it.each([
    ['2025-11-25', legacy],
    ['2026-07-28', modern],
  ])('has a row for each method literal of %s', (_, schemas) => {
    const methods = methodsIn(schemas)
    expect(methods.length).toBeGreaterThan(25)
    expect(methods.filter((method) => !Object.hasOwn(METHODS, method))).toEqual([])
  })

  it.each([
    ['client', '2025-11-25', legacy, client],
    ['server', '2025-11-25', legacy, server],
    ['client', '2026-07-28', modern, client],
    ['server', '2026-07-28', modern, server],
  ])('knows what the %s of %s may send', (side, _, schemas, unions) => {
    const methods = unions.flatMap((name) => methodsOfUnion(schemas, name))
    expect(methods.length).toBeGreaterThan(8)
    expect(methods.filter((method) => !['both', side].includes(METHODS[method]?.from ?? ''))).toEqual([])
  })

  it('marks as 2026 what the older schemas do not know', () => {
    const known = new Set(methodsIn(legacy))
    const rows = Object.entries(METHODS).filter(([, row]) => row.era === '2026')
    expect(rows.filter(([method]) => known.has(method))).toEqual([])
    expect(rows.length).toBeGreaterThan(2)
  })
})

const ERAS = { '2025': /^2025/, '2026': /^2026/ } as const
const NO_METHODS = new Set(['response', 'http/get', 'http/delete'])
const revisionsOf = (era: keyof typeof ERAS) =>
  Object.entries(REVISIONS).filter(([revision]) => ERAS[era].test(revision))
const sentBy = (side: 'client' | 'server', era: keyof typeof ERAS): ReadonlySet<string> =>
  new Set(revisionsOf(era).flatMap(([, revision]) => revision[side]))

describe('METHODS against every revision of the protocol', () => {
  it.each(Object.entries(REVISIONS))(
    'has a row for whatever a client or a server of %s may send',
    (_, revision) => {
      for (const side of ['client', 'server'] as const) {
        const without = revision[side].filter(
          (method) => !['both', side].includes(METHODS[method]?.from ?? ''),
        )
        expect([side, without]).toEqual([side, []])
      }
      expect(revision.inside.filter((method) => METHODS[method]?.from !== 'server')).toEqual([])
    },
  )

  it.each(Object.entries(METHODS).filter(([method]) => !NO_METHODS.has(method)))(
    'and no more than that for %s: its eras, and who sends it',
    (method, { era, from }) => {
      const eras = (['2025', '2026'] as const).filter((one) =>
        revisionsOf(one).some(([, { client, server }]) => [...client, ...server].includes(method)),
      )
      const sides = (['client', 'server'] as const).filter((side) =>
        (['2025', '2026'] as const).some((one) => sentBy(side, one).has(method)),
      )
      expect({ era, from }).toEqual({ era: only(eras), from: only(sides) })
    },
  )

  it.each([
    ['2025-11-25', legacy],
    ['2026-07-28', modern],
  ])('as the installed packages know them: %s', (revision, schemas) => {
    const { client = [], server = [], inside = [] } = REVISIONS[revision] ?? {}
    const known = new Set(methodsIn(schemas))
    expect([...client, ...server, ...inside].filter((method) => !known.has(method))).toEqual([])
  })
})

const only = <Word extends string>(words: readonly Word[]): Word | 'both' | undefined =>
  words.length === 2 ? 'both' : words[0]

describe('the column of METHODS that says what a default of deny lets pass', () => {
  it('is what policy goes by, for each method', () => {
    const passing = Object.keys(METHODS).filter((method) => METHODS[method]?.byDefault === 'passes')
    expect(passing.toSorted()).toEqual([...OPEN_METHODS].toSorted())
  })

  it('lets nothing pass that names a tool, prompt, resource or task', () => {
    const named = Object.values(METHODS).filter((row) => row.named !== null)
    expect(named.length).toBeGreaterThan(8)
    expect(named.every((row) => row.byDefault === 'asked')).toBe(true)
  })
})

describe('rowOf', () => {
  it('finds the row of a request, a notification and a response', () => {
    expect(rowOf(message('request', 'tools/call'))).toBe(METHODS['tools/call'])
    expect(rowOf(message('notification', 'notifications/progress'))).toBe(METHODS['notifications/progress'])
    expect(rowOf(message('response', null))).toBe(METHODS['response'])
  })

  it.each(['tools/destroy', 'constructor', '__proto__', 'toString', 'response', 'Tools/Call', ''])(
    'has no row for the method %j',
    (method) => {
      expect(rowOf(message('request', method))).toBeUndefined()
      expect(rowOf(message('notification', method))).toBeUndefined()
    },
  )

  it('has no row for a request that is sent as a notification, or the reverse', () => {
    expect(rowOf(message('notification', 'tools/call'))).toBeUndefined()
    expect(rowOf(message('request', 'notifications/cancelled'))).toBeUndefined()
  })

  it('has no row for a request that claims a version which no longer knows its method', () => {
    const gone = Object.keys(METHODS).filter((method) => METHODS[method]?.era === '2025')
    for (const method of gone) expect(rowOf(claiming(method, '2026-07-28'))).toBeUndefined()
    expect(rowOf(claiming('ping', '2025-11-25'))).toBe(METHODS['ping'])
    expect(rowOf(claiming('tools/call', '2026-07-28'))).toBe(METHODS['tools/call'])
  })

  it('has rows for GET and DELETE that nobody can send in a body', () => {
    expect(rowOf(message('notification', 'http/get', {}))).toBe(METHODS['http/get'])
    expect(rowOf(message('notification', 'http/get'))).toBeUndefined()
    expect(rowOf(message('request', 'http/delete'))).toBeUndefined()
  })
})

type Schema = { readonly shape?: { readonly method?: Literal }; readonly options?: readonly Schema[] }
type Literal = { readonly value?: unknown }

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null

function literalOf(schema: unknown): string[] {
  const method = isSchema(schema) ? schema.shape?.method?.value : undefined
  return typeof method === 'string' ? [method] : []
}

const methodsIn = (schemas: object): string[] => [...new Set(Object.values(schemas).flatMap(literalOf))]

function methodsOfUnion(schemas: object, name: string): string[] {
  const union: unknown = Object.entries(schemas).find(([key]) => key === name)?.[1]
  return isSchema(union) ? (union.options ?? []).flatMap(literalOf) : []
}
