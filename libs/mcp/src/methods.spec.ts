import { describe, expect, it } from '@jest/globals'
import { OPEN_METHODS } from '@writ/contracts'
import * as modern from '@modelcontextprotocol/core'
import * as legacy from '@modelcontextprotocol/sdk/types.js'
import type { Message } from './message.ts'
import { METHODS, rowOf } from './methods.ts'

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

  it('has no row that neither schema knows, but for the task update of the tasks extension and what is no method', () => {
    const known = new Set([...methodsIn(legacy), ...methodsIn(modern)])
    expect(Object.keys(METHODS).filter((method) => !known.has(method))).toEqual([
      'tasks/update',
      'response',
      'http/get',
      'http/delete',
    ])
  })

  it('marks as 2026 what the older schemas do not know', () => {
    const known = new Set(methodsIn(legacy))
    const rows = Object.entries(METHODS).filter(([, row]) => row.era === '2026')
    expect(rows.filter(([method]) => known.has(method))).toEqual([])
    expect(rows.length).toBeGreaterThan(2)
  })
})

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
