import { describe, expect, it } from '@jest/globals'
import type { Json } from '@writ/contracts'
import { isRefusal } from '@writ/contracts'
import { checkHeaders, METHODS, readMessage } from '@writ/mcp'
import * as fc from 'fast-check'
import type { Conversation, Envelope } from './conversation.ts'
import {
  envelopeOf,
  headersFor,
  isNotification,
  learnSession,
  learnVersion,
  newConversation,
  requestIdOf,
} from './conversation.ts'

const VERSION = '2026-07-28'
const claiming = (version: Json) => ({ _meta: { 'io.modelcontextprotocol/protocolVersion': version } })
const begun: Conversation = { sessionId: 's-1', protocolVersion: '2025-11-25' }

/** Fields besides the two that every message has. */
function fieldsOf(message: Envelope, conversation: Conversation): Record<string, string> {
  const { 'content-type': type, accept, ...rest } = headersFor(message, conversation)
  expect([type, accept]).toEqual(['application/json', 'application/json, text/event-stream'])
  return rest
}

describe('the fields of a message', () => {
  const session = { 'mcp-session-id': 's-1', 'mcp-protocol-version': '2025-11-25' }
  const modern = { 'mcp-protocol-version': VERSION }
  const call = (name: Json) => ({
    id: 1,
    method: 'tools/call',
    params: { ...claiming(VERSION), name },
  })
  const named = (name: string) => ({ ...modern, 'mcp-method': 'tools/call', 'mcp-name': name })

  it.each<[string, Envelope, Conversation, Record<string, string>]>([
    ['a first message of 2025', { id: 1, method: 'ping' }, newConversation(), {}],
    ['initialize', { id: 1, method: 'initialize' }, newConversation(), {}],
    ['initialize, once more', { id: 1, method: 'initialize' }, begun, {}],
    ['a call in a session', { id: 1, method: 'tools/call', params: { name: 'x' } }, begun, session],
    ['a notification in a session', { method: 'notifications/initialized' }, begun, session],
    ["the client's own answer", { id: 1, result: {} }, begun, session],
    [
      'a call that claims a version of 2025',
      { id: 1, method: 'ping', params: claiming('2025-06-18') },
      begun,
      { ...session, 'mcp-protocol-version': '2025-06-18' },
    ],
    ['a claim that is no text', { id: 1, method: 'ping', params: claiming(7) }, begun, session],
    ['params that are none', { id: 1, method: 'ping', params: null }, begun, session],
    [
      'discovery of 2026',
      { id: 1, method: 'server/discover', params: claiming(VERSION) },
      begun,
      { ...modern, 'mcp-method': 'server/discover' },
    ],
    ['a tool', call('echo'), begun, named('echo')],
    ['a tool with an inner space', call('e cho'), begun, named('e cho')],
    ['a tool with an outer space', call(' echo'), begun, named('=?base64?IGVjaG8=?=')],
    ['a tool of another script', call('réservé'), begun, named('=?base64?csOpc2VydsOp?=')],
    ['a tool with a line end', call('a\r\nx-evil: 1'), begun, named('=?base64?YQ0KeC1ldmlsOiAx?=')],
    [
      'a tool that looks encoded',
      call('=?base64?ZWNobw==?='),
      begun,
      named('=?base64?PT9iYXNlNjQ/WldOb2J3PT0/PQ==?='),
    ],
    ['a tool without a name', call(''), begun, named('=?base64??=')],
    ['a tool whose name is no text', call(7), begun, { ...modern, 'mcp-method': 'tools/call' }],
    [
      'a resource',
      { id: 1, method: 'resources/read', params: { ...claiming(VERSION), uri: 'file:///a', name: 'no' } },
      begun,
      { ...modern, 'mcp-method': 'resources/read', 'mcp-name': 'file:///a' },
    ],
    [
      'a task',
      { id: 1, method: 'tasks/get', params: { ...claiming(VERSION), taskId: 't-1' } },
      begun,
      { ...modern, 'mcp-method': 'tasks/get', 'mcp-name': 't-1' },
    ],
    ['a method that no header carries', { id: 1, method: 'a\nb', params: claiming(VERSION) }, begun, modern],
    [
      'a version that no header carries',
      { id: 1, method: 'ping', params: claiming(`${VERSION}\n`) },
      begun,
      { 'mcp-method': 'ping' },
    ],
  ])('for %s', (_, message, conversation, fields) => {
    expect(fieldsOf(message, conversation)).toEqual(fields)
  })

  it('agree with the body, as the gateway checks it', () => {
    const methods = Object.keys(METHODS).filter(
      (name) => METHODS[name]?.from !== 'server' && !/^http\/|^response$/.test(name),
    )
    // A 2025 handshake under a 2026 claim is a contradiction that the gateway is right to refuse.
    const versions = fc.constantFrom<string | null>(null, '2025-06-18', '2025-11-25', VERSION, '2027-01-01')
    const names = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.base64String().map((text) => `=?base64?${text}?=`),
      fc.constantFrom(' echo', 'echo\t', '', 'a, b', '\u2028', '\0', '\ufeffecho'),
    )
    let accepted = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...methods),
        versions,
        names,
        fc.boolean(),
        (method, version, name, inSession) => {
          const params = {
            name,
            uri: name,
            taskId: name,
            ref: { type: 'ref/prompt', name },
            ...(version === null ? {} : claiming(version)),
          }
          const id = method.startsWith('notifications/') ? {} : { id: 1 }
          const body = JSON.stringify({ jsonrpc: '2.0', ...id, method, params })
          const message = readMessage(new TextEncoder().encode(body), { maxBytes: 1e6, maxDepth: 64 })
          if (isRefusal(message)) return
          const sent = new Headers(headersFor(envelopeOf(body) ?? {}, inSession ? begun : newConversation()))
          expect(checkHeaders(message, (field) => [sent.get(field) ?? []].flat())).toBeNull()
          accepted += 1
        },
      ),
      { numRuns: 500 },
    )
    expect(accepted).toBeGreaterThan(250)
  })

  it('can always be sent, whatever the client and the server said', () => {
    fc.assert(
      fc.property(fc.json(), fc.string({ unit: 'binary' }), (body, odd) => {
        const conversation = newConversation()
        learnVersion({ method: 'initialize' }, { result: { protocolVersion: odd } }, conversation)
        expect(() => new Headers(headersFor(envelopeOf(body) ?? {}, conversation))).not.toThrow()
        const message = { id: 1, method: odd, params: { ...claiming(odd), name: odd } }
        expect(() => new Headers(headersFor(message, conversation))).not.toThrow()
      }),
    )
  })
})

describe('a conversation', () => {
  it('learns from the answer to initialize only', () => {
    const conversation = newConversation()
    const response = new Response('', { headers: { 'mcp-session-id': 's-9' } })
    const answer = { id: 1, result: { protocolVersion: '2025-06-18' } }
    learnSession({ id: 1, method: 'tools/list' }, response, conversation)
    learnVersion({ id: 1, method: 'tools/list' }, answer, conversation)
    expect(conversation).toEqual(newConversation())
    learnSession({ id: 1, method: 'initialize' }, response, conversation)
    learnVersion({ id: 1, method: 'initialize' }, answer, conversation)
    expect(conversation).toEqual({ sessionId: 's-9', protocolVersion: '2025-06-18' })
    learnSession({ id: 2, method: 'initialize' }, new Response(''), conversation)
    expect(conversation.sessionId).toBeNull()
  })
})

describe('a message', () => {
  it.each([
    ['{"id":1,"method":"ping"}', 1, false],
    ['{"id":"a","method":"ping"}', 'a', false],
    ['{"method":"notifications/x"}', null, true],
    ['{"id":1,"result":{}}', null, false],
    ['{"id":null,"method":"ping"}', null, false],
    ['{"id":[1],"method":"ping"}', null, false],
  ])('%s waits for an answer under %j', (text, id, isNotice) => {
    const message = envelopeOf(text) ?? {}
    expect([requestIdOf(message), isNotification(message)]).toEqual([id, isNotice])
  })

  it.each(['', '[]', '[{"id":1}]', '1', 'null', '{', '{"a":1}{"b":2}'])('is none in %j', (text) => {
    expect(envelopeOf(text)).toBeNull()
  })
})
