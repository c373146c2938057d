import { describe, expect, it } from '@jest/globals'
import type { RefusalCode } from '@writ/contracts'
import { isRefusal } from '@writ/contracts'
import * as fc from 'fast-check'
import { MOST_NAMES, MOST_VALUES } from './json-scan.ts'
import { idOfUnread, readMessage } from './read-message.ts'

const LIMITS = { maxBytes: 4096, maxDepth: 16 }
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const codeOf = (body: string | Uint8Array): RefusalCode | 'read' => {
  const read = readMessage(typeof body === 'string' ? bytesOf(body) : body, LIMITS)
  return isRefusal(read) ? read.code : 'read'
}
const call = (params: string): string => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`

const named = (count: number) => Array.from({ length: count }, (_, at) => `"n${at}":0`)
const listOf = (members: readonly string[]) => `[${members.map((member) => `{${member}}`).join()}]`

describe('readMessage', () => {
  it('reads a request with its id, method and params', () => {
    const read = readMessage(bytesOf(call('{"name":"echo","arguments":{"n":1}}')), LIMITS)
    if (isRefusal(read)) throw new Error(read.detail)
    expect([read.kind, read.id, read.method, read.params]).toEqual([
      'request',
      1,
      'tools/call',
      { name: 'echo', arguments: { n: 1 } },
    ])
    expect(read.tree['jsonrpc']).toBe('2.0')
  })

  it('reads a notification, which has no id and may have no params', () => {
    const read = readMessage(bytesOf('{"jsonrpc":"2.0","method":"notifications/initialized"}'), LIMITS)
    expect(read).toMatchObject({ kind: 'notification', id: null, params: {} })
  })

  it('reads a response with its result, null included', () => {
    expect(readMessage(bytesOf('{"jsonrpc":"2.0","id":"a","result":null}'), LIMITS)).toMatchObject({
      kind: 'response',
      id: 'a',
      method: null,
      result: null,
    })
  })

  it.each([
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32700}}',
    '{"jsonrpc":"2.0","error":{"code":-32700}}',
  ])('reads an error about a request that had no readable id: %s', (body) => {
    expect(readMessage(bytesOf(body), LIMITS)).toMatchObject({ kind: 'response', id: null })
  })

  it('takes null arguments for none', () => {
    expect(codeOf(call('{"name":"echo","arguments":null}'))).toBe('read')
  })
})

describe('the id of a request that was refused unread', () => {
  const idIn = (body: string) => idOfUnread(bytesOf(body), LIMITS)

  it.each([
    ['that names nothing', call('{}'), 1],
    ['with params that are no object', call('[]'), 1],
    ['with a text for an id', '{"jsonrpc":"2.0","id":"a","method":"ping","other":1}', 'a'],
  ])('is known of one %s', (_, body, id) => {
    expect(codeOf(body)).toBe('message_malformed')
    expect(idIn(body)).toBe(id)
  })

  it.each([
    ['is no message', 'hello'],
    ['is a batch', `[${call('{}')}]`],
    ['has two ids', '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}'],
    ['has something like an id besides', '{"jsonrpc":"2.0","id":1,"ID":2,"method":"ping"}'],
    ['has an id that is no id', '{"jsonrpc":"2.0","id":1.5,"method":"ping"}'],
    ['has no id', '{"jsonrpc":"2.0","method":"ping"}'],
    ['is an answer', '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}'],
    ['is too large', call(`{"name":"${'a'.repeat(LIMITS.maxBytes)}"}`)],
  ])('is null where the body %s', (_, body) => {
    expect(idIn(body)).toBeNull()
  })
})

describe('smuggling', () => {
  it.each<[string, RefusalCode, string]>([
    ['a tool name that stands twice', 'message_ambiguous', call('{"name":"safe","name":"danger"}')],
    [
      'a second name behind an escape',
      'message_ambiguous',
      call(String.raw`{"name":"safe","n\u0061me":"danger"}`),
    ],
    [
      'an envelope key that stands twice',
      'message_ambiguous',
      '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}',
    ],
    [
      'an argument that stands twice, deep down',
      'message_ambiguous',
      call('{"name":"x","arguments":{"a":[{"b":1,"b":2}]}}'),
    ],
    [
      'a method in other case',
      'message_ambiguous',
      '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}',
    ],
    ['an only method in other case', 'message_ambiguous', '{"jsonrpc":"2.0","id":1,"METHOD":"tools/call"}'],
    ['params with a long s', 'message_ambiguous', '{"jsonrpc":"2.0","id":1,"method":"ping","paramſ":{}}'],
    [
      'a task id with a Kelvin sign',
      'message_ambiguous',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"tasKId":"1"}}'.replace('K', '\u212a'),
    ],
    [
      'a name with NUL after it',
      'message_ambiguous',
      call(String.raw`{"name":"safe","name\u0000":"danger"}`),
    ],
    [
      'a name with a zero-width space in it',
      'message_ambiguous',
      call('{"name":"safe","na\u200bme":"danger"}'),
    ],
    ['a name with a soft hyphen in it', 'message_ambiguous', call('{"name":"safe","na\u00adme":"danger"}')],
    [
      'a name with a byte order mark before it',
      'message_ambiguous',
      call('{"name":"safe","\ufeffname":"danger"}'),
    ],
    ['a name with a space after it', 'message_ambiguous', call('{"name":"safe","name ":"danger"}')],
    ['a name in full-width letters', 'message_ambiguous', call('{"name":"safe","ｎａｍｅ":"danger"}')],
    [
      'a uri with a dotted capital I',
      'message_ambiguous',
      '{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a","ur\u0130":"b"}}',
    ],
    [
      'a uri with a dotless i',
      'message_ambiguous',
      '{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a","ur\u0131":"b"}}',
    ],
    [
      'Arguments beside arguments',
      'message_ambiguous',
      call('{"name":"x","arguments":{},"Arguments":{"path":"/etc"}}'),
    ],
    [
      'a protocol version in other case',
      'message_ambiguous',
      call('{"name":"x","_meta":{"io.modelcontextprotocol/ProtocolVersion":"2026-07-28"}}'),
    ],
    [
      'a reference with Name',
      'message_ambiguous',
      '{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"a","Name":"b"}}}',
    ],
    [
      'a subscription in other case',
      'message_ambiguous',
      '{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"Notifications":{"taskIds":["a"]}}}',
    ],
    [
      'tasks that are listened to in other case',
      'message_ambiguous',
      '{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"TaskIds":["a"]}}}',
    ],
    [
      'a related task in other case',
      'message_ambiguous',
      call('{"name":"x","_meta":{"io.modelcontextprotocol/related-task":{"TaskID":"a"}}}'),
    ],
    [
      'a call inside a response',
      'message_ambiguous',
      '{"jsonrpc":"2.0","id":1,"result":{},"method":"tools/call","params":{"name":"x"}}',
    ],
    ['a response with params', 'message_ambiguous', '{"jsonrpc":"2.0","id":1,"result":{},"params":{}}'],
    ['result and error at once', 'message_ambiguous', '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}'],
    ['neither method, result nor error', 'message_ambiguous', '{"jsonrpc":"2.0","id":1}'],
    ['a prototype', 'message_ambiguous', call('{"name":"x","arguments":{"__proto__":{"isAdmin":true}}}')],
    [
      'a prototype behind an escape',
      'message_ambiguous',
      call(String.raw`{"name":"x","arguments":{"__pr\u006fto__":{}}}`),
    ],
    [
      'arguments of one name but for case',
      'message_ambiguous',
      call('{"name":"x","arguments":{"path":"a","Path":"b"}}'),
    ],
    [
      'the same, deep down',
      'message_ambiguous',
      call('{"name":"x","arguments":{"a":[{"camelCase":1,"camelcase":2}]}}'),
    ],
    [
      'the same in a call behind an escape',
      'message_ambiguous',
      call('{"name":"x","arguments":{"path":"a","Path":"b"}}').replace('method', String.raw`m\u0065thod`),
    ],
    [
      'an argument with a NUL after it',
      'message_ambiguous',
      call(String.raw`{"name":"x","arguments":{"path\u0000":"b"}}`),
    ],
    [
      'an argument with a Kelvin sign',
      'message_ambiguous',
      call('{"name":"x","arguments":{"key":"a","\u212aey":"b"}}'),
    ],
    ['a number beyond all doubles', 'message_ambiguous', call('{"name":"x","arguments":{"a":1e400}}')],
    [
      'a long number beyond all doubles',
      'message_ambiguous',
      call(`{"name":"x","arguments":{"a":-${'9'.repeat(320)}}}`),
    ],
    ['a number below all doubles', 'message_ambiguous', call('{"name":"x","arguments":{"a":1e-400}}')],
    [
      'a long number below all doubles',
      'message_ambiguous',
      call(`{"name":"x","arguments":{"a":0.${'0'.repeat(330)}1}}`),
    ],
    ['a batch', 'batch_refused', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]'],
    ['an empty batch', 'batch_refused', '[]'],
    [
      'a member that JSON-RPC does not know',
      'message_malformed',
      '{"jsonrpc":"2.0","id":1,"method":"ping","extra":"unjudged"}',
    ],
    ['a byte order mark', 'message_malformed', '\ufeff{"jsonrpc":"2.0","id":1,"method":"ping"}'],
    ['something after the message', 'message_malformed', '{"jsonrpc":"2.0","id":1,"method":"ping"} {}'],
    ['a comment', 'message_malformed', '{"jsonrpc":"2.0",/**/"id":1,"method":"ping"}'],
    ['a trailing comma', 'message_malformed', '{"jsonrpc":"2.0","id":1,"method":"ping",}'],
    ['a string that does not end', 'message_malformed', '{"jsonrpc":"2.0'],
    ['nothing', 'message_malformed', ''],
    ['a number', 'message_malformed', '1'],
    ['half a surrogate pair in a value', 'message_malformed', call(String.raw`{"name":"a\ud800b"}`)],
    [
      'half a surrogate pair in a key',
      'message_malformed',
      call(String.raw`{"name":"a","arguments":{"\udc00":1}}`),
    ],
    ['JSON-RPC 1', 'message_malformed', '{"jsonrpc":"1.0","id":1,"method":"ping"}'],
    ['no version', 'message_malformed', '{"id":1,"method":"ping"}'],
    ['a version that is a number', 'message_malformed', '{"jsonrpc":2.0,"id":1,"method":"ping"}'],
    ['a null id', 'message_malformed', '{"jsonrpc":"2.0","id":null,"method":"ping"}'],
    ['a fractional id', 'message_malformed', '{"jsonrpc":"2.0","id":1.5,"method":"ping"}'],
    ['a boolean id', 'message_malformed', '{"jsonrpc":"2.0","id":true,"method":"ping"}'],
    ['an object id', 'message_malformed', '{"jsonrpc":"2.0","id":{},"method":"ping"}'],
    [
      'an id beyond the safe integers',
      'message_malformed',
      '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}',
    ],
    ['a result without id', 'message_malformed', '{"jsonrpc":"2.0","result":{}}'],
    ['an error that is a string', 'message_malformed', '{"jsonrpc":"2.0","id":1,"error":"no"}'],
    ['a method that is a list', 'message_malformed', '{"jsonrpc":"2.0","id":1,"method":["tools/call"]}'],
    ['a method that is null', 'message_malformed', '{"jsonrpc":"2.0","id":1,"method":null,"params":{}}'],
    ['params that are a list', 'message_malformed', call('["echo"]')],
    ['params that are null', 'message_malformed', call('null')],
    ['_meta that is a string', 'message_malformed', call('{"name":"x","_meta":"y"}')],
    ['a tool name that is a list', 'message_malformed', call('{"name":["danger"]}')],
    ['a tool call without name', 'message_malformed', call('{"arguments":{}}')],
    ['arguments that are a string', 'message_malformed', call('{"name":"x","arguments":"{}"}')],
    [
      'a reference of no known type',
      'message_malformed',
      '{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"name":"a"}}}',
    ],
    [
      'a depth bomb',
      'message_too_deep',
      call(`{"name":"x","arguments":{"a":${'['.repeat(14)}${']'.repeat(14)}}}`),
    ],
    ['a depth bomb that never closes', 'message_too_deep', '['.repeat(4000)],
    ['a message beyond the size limit', 'message_too_large', call(`{"name":"${'x'.repeat(4096)}"}`)],
  ])('refuses %s: %s', (_, code, body) => {
    expect(codeOf(body)).toBe(code)
  })

  it.each<readonly [string, string, string]>([
    ['in one object', `{${named(MOST_NAMES).join()}}`, 'message_too_large'],
    ['spread over many', listOf(named(MOST_NAMES)), 'message_too_large'],
    ['that are the same in all of them', listOf(Array.from({ length: MOST_NAMES }, () => '"n":0')), 'read'],
    ['of members, a few less', `{${named(MOST_NAMES - 10).join()}}`, 'read'],
  ])('reads as many names of members as any reader bears: %s', (_, told, code) => {
    const body = bytesOf(call(`{"name":"x","arguments":{"told":${told}}}`))
    const read = readMessage(body, { maxBytes: 1_048_576, maxDepth: 16 })
    expect(isRefusal(read) ? read.code : 'read').toBe(code)
  })

  it.each<readonly [string, string, string]>([
    ['numbers', `[${'1,'.repeat(MOST_VALUES)}1]`, 'message_too_large'],
    ['lists', `[${'[],'.repeat(MOST_VALUES / 2)}1]`, 'message_too_large'],
    ['members', `[${'{"n":1},'.repeat(MOST_VALUES / 2)}1]`, 'message_too_large'],
    ['numbers, a few less', `[${'1,'.repeat(MOST_VALUES - 10)}1]`, 'read'],
    ['what is inside of one text', JSON.stringify('[1],'.repeat(MOST_VALUES)), 'read'],
  ])('reads as many values as any reader bears: %s', (_, told, code) => {
    const body = bytesOf(call(`{"name":"x","arguments":{"told":${told}}}`))
    const read = readMessage(body, { maxBytes: 1_048_576, maxDepth: 16 })
    expect(isRefusal(read) ? read.code : 'read').toBe(code)
  })

  it('refuses bytes that are not UTF-8, even inside a string', () => {
    const body = Buffer.from(call('{"name":"echo"}'))
    body[body.indexOf('echo')] = 0xff
    expect(codeOf(body)).toBe('message_malformed')
  })

  it('refuses an overlong encoding of a quote', () => {
    const body = Buffer.concat([
      bytesOf('{"jsonrpc":"2.0","id":1,"method":"'),
      Buffer.from([0xc0, 0xa2]),
      bytesOf('"}'),
    ])
    expect(codeOf(body)).toBe('message_malformed')
  })

  it.each([
    ['the same key in two objects', call('{"name":"x","arguments":{"a":{"k":1},"b":{"k":2},"k":3}}')],
    ['the same word as key and value', call('{"name":"name","arguments":{"a":"a"}}')],
    ['arguments in any case', call('{"name":"x","arguments":{"Name":"n","URI":"u","ID":1,"Method":"m"}}')],
    ['whole surrogate pairs behind escapes', call(String.raw`{"name":"x","arguments":{"a":"\ud83d\ude00"}}`)],
    [
      'a dictionary in a log line',
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":{"M":1,"m":2}}}',
    ],
    ['a dictionary in a result', '{"jsonrpc":"2.0","id":1,"result":{"M":1,"m":2}}'],
    [
      'nothing in all its forms',
      call('{"name":"x","arguments":{"a":[0,-0,0.0,-0e5,0E+400,0.000000000000000000]}}'),
    ],
    [
      'escaped backslashes before a quote',
      call(String.raw`{"name":"x","arguments":{"a":"\\\\","b":"\\\""}}`),
    ],
    [
      'structure inside strings',
      call(String.raw`{"name":"x","arguments":{"a":"{\"a\":1,\"a\":2}","b":"[[[[[[[[[[[[[[[[[[[["}}`),
    ],
    ['depth just at the limit', call(`{"name":"x","arguments":{"a":${'['.repeat(13)}${']'.repeat(13)}}}`)],
    [
      'many keys',
      call(`{"name":"x","arguments":{${Array.from({ length: 40 }, (_, n) => `"k${n}":${n}`).join(',')}}}`),
    ],
  ])('lets through %s', (_, body) => {
    expect(codeOf(body)).toBe('read')
  })

  it.each([
    ['capitals first', ['Path'], 'path'],
    ['capitals later', ['path'], 'Path'],
    ['capitals first, beside a text that is not ASCII', ['ü', 'Path'], 'path'],
    [
      'capitals first, in the last of the few',
      [...Array.from({ length: 12 }, (_none, at) => `n${at}`), 'Path'],
      'path',
    ],
  ])('finds a key that differs from another by case among many: %s', (_, first, last) => {
    const names = [...first, ...Array.from({ length: 40 }, (_none, at) => `k${at}`), last]
    const told = names.map((name) => `"${name}":0`).join()
    expect(codeOf(call(`{"name":"x","arguments":{${told}}}`))).toBe('message_ambiguous')
  })

  it('finds a key that stands twice among many', () => {
    const keys = [...Array.from({ length: 40 }, (_, n) => `"k${n}":${n}`), '"k3":0'].join(',')
    expect(codeOf(call(`{"name":"x","arguments":{${keys}}}`))).toBe('message_ambiguous')
  })
})

const JSON_LETTERS = '{ } [ ] " , : \\ u 0 1 9 e - . t r f a l s n'.split(' ')

describe('readMessage and JSON.parse', () => {
  const options = { maxBytes: 1_000_000, maxDepth: 64 }

  it('agree on every message, or the message is refused', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (given) => {
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'x/y', params: given })
        const read = readMessage(bytesOf(body), options)
        if (!isRefusal(read)) expect(JSON.stringify(read.tree)).toBe(JSON.stringify(JSON.parse(body)))
      }),
    )
  })

  it('agree also on results full of arbitrary Unicode, which are read unless they hold half pairs or __proto__', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }), (result) => {
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, result })
        const read = readMessage(bytesOf(body), options)
        if (body.includes('__proto__') || /\\ud[89a-f]/.test(body)) return
        expect(isRefusal(read) ? read.detail : read.tree).toEqual(JSON.parse(body))
      }),
    )
  })

  it('never read a text that JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...JSON_LETTERS) }), (noise) => {
        const body = `{"jsonrpc":"2.0","id":1,"result":${noise}}`
        const read = readMessage(bytesOf(body), options)
        if (!isRefusal(read)) expect(read.tree).toEqual(JSON.parse(body))
      }),
      { numRuns: 2000 },
    )
  })

  it('refuse whatever is written with one key twice, wherever it stands', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), fc.array(fc.constantFrom('a', 'b')), (value, key, way) => {
        const twice = `{${JSON.stringify(key)}:1,"other${key.length}":2,${JSON.stringify(key)}:${JSON.stringify(value)}}`
        const nested = way.reduce(
          (inner, step) => (step === 'a' ? `[0,${inner}]` : `{"x":${inner},"y":[]}`),
          twice,
        )
        expect(isRefusal(readMessage(bytesOf(`{"jsonrpc":"2.0","id":1,"result":${nested}}`), options))).toBe(
          true,
        )
      }),
    )
  })
})
