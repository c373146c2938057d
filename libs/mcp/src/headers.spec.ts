import { describe, expect, it } from '@jest/globals'
import type { JsonObject } from '@writ/contracts'
import { isRefusal } from '@writ/contracts'
import { eraOf } from './era.ts'
import { checkHeaders } from './headers.ts'
import type { Message } from './message.ts'
import { readMessage } from './read-message.ts'

const VERSION = '2026-07-28'
const META = { 'io.modelcontextprotocol/protocolVersion': VERSION }

function read(body: object): Message {
  const message = readMessage(new TextEncoder().encode(JSON.stringify(body)), { maxBytes: 9999, maxDepth: 9 })
  if (isRefusal(message)) throw new Error(message.detail)
  return message
}
const call = (params: JsonObject, method = 'tools/call'): Message =>
  read({ jsonrpc: '2.0', id: 1, method, params })
const modernCall = call({ name: 'echo', _meta: META })
const legacyCall = call({ name: 'echo' })

type Sent = Readonly<Record<string, string | readonly string[]>>
const check = (message: Message, sent: Sent): string | null =>
  checkHeaders(message, (name) => [sent[name] ?? []].flat())?.code ?? null
const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`

const AGREEING = { 'mcp-protocol-version': VERSION, 'mcp-method': 'tools/call', 'mcp-name': 'echo' }

describe('eraOf', () => {
  it('takes the era from the claim in the body', () => {
    expect([eraOf(modernCall), eraOf(legacyCall)]).toEqual(['2026', '2025'])
    expect(
      eraOf(call({ name: 'x', _meta: { 'io.modelcontextprotocol/protocolVersion': '2027-01-01' } })),
    ).toBe('2026')
    expect(
      eraOf(call({ name: 'x', _meta: { 'io.modelcontextprotocol/protocolVersion': '2025-11-25' } })),
    ).toBe('2025')
    expect(eraOf(call({ name: 'x', _meta: { 'io.modelcontextprotocol/protocolVersion': 7 } }))).toBe('2025')
  })
})

describe('checkHeaders on a 2026 request', () => {
  it('takes space around a value for none of it, and however much there is within one for nothing special', () => {
    expect(check(modernCall, { ...AGREEING, 'mcp-method': ' \t tools/call\t ' })).toBeNull()
    const spaced = { ...AGREEING, 'mcp-method': `tools${' '.repeat(16_000)}/call` }
    const before = process.cpuUsage()
    for (let times = 0; times < 20; times += 1) expect(check(modernCall, spaced)).toBe('header_mismatch')
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(500)
  })

  it('accepts headers that agree with the body', () => {
    expect(check(modernCall, AGREEING)).toBeNull()
  })

  it.each<[string, Sent]>([
    ['a missing version', { 'mcp-method': 'tools/call', 'mcp-name': 'echo' }],
    ['a missing method', { 'mcp-protocol-version': VERSION, 'mcp-name': 'echo' }],
    ['a missing name', { 'mcp-protocol-version': VERSION, 'mcp-method': 'tools/call' }],
    ['another version', { ...AGREEING, 'mcp-protocol-version': '2025-11-25' }],
    ['another method', { ...AGREEING, 'mcp-method': 'tools/list' }],
    ['the method in other case', { ...AGREEING, 'mcp-method': 'Tools/Call' }],
    ['another name', { ...AGREEING, 'mcp-name': 'safe' }],
    ['the name twice', { ...AGREEING, 'mcp-name': ['echo', 'echo'] }],
    ['two names in one', { ...AGREEING, 'mcp-name': 'echo, safe' }],
    ['an encoded other name', { ...AGREEING, 'mcp-name': base64('safe') }],
    ['an encoded method', { ...AGREEING, 'mcp-method': base64('tools/call') }],
    ['base64 without padding', { ...AGREEING, 'mcp-name': '=?base64?ZWNobw?=' }],
    ['base64 with stray bits', { ...AGREEING, 'mcp-name': '=?base64?ZWNobx==?=' }],
    ['base64 of no text', { ...AGREEING, 'mcp-name': '=?base64?/w==?=' }],
    ['base64 with a line end', { ...AGREEING, 'mcp-name': '=?base64?ZWNo\nbw==?=' }],
  ])('refuses %s', (_, sent) => {
    expect(check(modernCall, sent)).toBe('header_mismatch')
  })

  it('decodes a name that a header cannot carry', () => {
    expect(
      check(call({ name: 'réservé\n', _meta: META }), { ...AGREEING, 'mcp-name': base64('réservé\n') }),
    ).toBeNull()
  })

  it('compares a name that looks encoded with what it decodes to', () => {
    const name = base64('echo')
    expect(check(call({ name, _meta: META }), { ...AGREEING, 'mcp-name': name })).toBe('header_mismatch')
    expect(check(call({ name, _meta: META }), { ...AGREEING, 'mcp-name': base64(name) })).toBeNull()
  })

  it('ignores white space around a value', () => {
    expect(check(modernCall, { ...AGREEING, 'mcp-name': ' \techo ' })).toBeNull()
  })

  it.each([
    ['resources/read', { uri: 'file:///a' }, 'file:///a'],
    ['prompts/get', { name: 'greet' }, 'greet'],
    ['tasks/cancel', { taskId: 't-1' }, 't-1'],
  ])('compares the name of %s', (method, params, name) => {
    const asked = call({ ...params, _meta: META }, method)
    expect(check(asked, { ...AGREEING, 'mcp-method': method, 'mcp-name': name })).toBeNull()
    expect(check(asked, { ...AGREEING, 'mcp-method': method, 'mcp-name': 'other' })).toBe('header_mismatch')
  })

  it('asks for no name where the method has none', () => {
    const listing = call({ _meta: META }, 'tools/list')
    expect(check(listing, { 'mcp-protocol-version': VERSION, 'mcp-method': 'tools/list' })).toBeNull()
  })
})

describe('checkHeaders on older messages', () => {
  it('asks for no header', () => {
    expect(check(legacyCall, {})).toBeNull()
    expect(check(legacyCall, { 'mcp-protocol-version': '2025-11-25' })).toBeNull()
  })

  it.each<[string, Sent]>([
    ['a method', { 'mcp-method': 'tools/list' }],
    ['a name', { 'mcp-name': 'safe' }],
  ])('refuses %s that disagrees', (_, sent) => {
    expect(check(legacyCall, sent)).toBe('header_mismatch')
  })

  it('refuses an initialize that a header dates after initialize was abolished', () => {
    const initialize = call({ protocolVersion: '2025-11-25', capabilities: {} }, 'initialize')
    expect(check(initialize, { 'mcp-protocol-version': VERSION })).toBe('header_mismatch')
    expect(check(initialize, { 'mcp-protocol-version': '2025-06-18' })).toBeNull()
  })

  it('refuses a response that a header calls a method', () => {
    expect(check(read({ jsonrpc: '2.0', id: 1, result: {} }), { 'mcp-method': 'tools/call' })).toBe(
      'header_mismatch',
    )
    expect(check(read({ jsonrpc: '2.0', id: 1, result: {} }), {})).toBeNull()
  })

  it('leaves a header version without a claim in the body to the upstream', () => {
    expect(check(legacyCall, { 'mcp-protocol-version': VERSION })).toBeNull()
  })
})
