import { describe, expect, it } from '@jest/globals'
import { isRefusal, REFUSALS, Refusal } from '@writ/contracts'
import * as fc from 'fast-check'
import { errorAnswer } from './answers.ts'
import { contentOf, withContent } from './content.ts'
import type { Message } from './message.ts'
import { METHODS } from './methods.ts'
import { argumentsOf, namedBy } from './named.ts'
import { readMessage } from './read-message.ts'

function read(text: string): Message {
  const message = readMessage(new TextEncoder().encode(text), { maxBytes: 99_999, maxDepth: 64 })
  if (isRefusal(message)) throw new Error(message.detail)
  return message
}
const written = (bytes: Uint8Array | Refusal): string =>
  isRefusal(bytes) ? `refused: ${bytes.code}` : new TextDecoder().decode(bytes)

const CALL =
  '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{"text":"a@b.example"}}}'

describe('contentOf', () => {
  it('is what policy judges: params of a call, result or error of a response', () => {
    expect(contentOf(read(CALL))).toEqual({ name: 'echo', arguments: { text: 'a@b.example' } })
    expect(contentOf(read('{"jsonrpc":"2.0","id":1,"result":{"a":1}}'))).toEqual({ a: 1 })
    expect(contentOf(read('{"jsonrpc":"2.0","id":1,"result":null}'))).toBeNull()
    expect(contentOf(read('{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}'))).toEqual({
      code: 1,
      message: 'm',
    })
  })
})

describe('withContent', () => {
  it('writes the message again with other params', () => {
    expect(written(withContent(read(CALL), { name: 'echo', arguments: { text: '[EMAIL]' } }))).toBe(
      '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{"text":"[EMAIL]"}}}',
    )
  })

  it('writes the member that held the content', () => {
    expect(written(withContent(read('{"jsonrpc":"2.0","id":1,"result":"x"}'), 'y'))).toBe(
      '{"jsonrpc":"2.0","id":1,"result":"y"}',
    )
    expect(
      written(withContent(read('{"jsonrpc":"2.0","id":1,"error":{"message":"x"}}'), { message: 'y' })),
    ).toBe('{"jsonrpc":"2.0","id":1,"error":{"message":"y"}}')
  })

  it.each([
    '9007199254740993',
    '-9007199254740993',
    '0.12345678901234567890',
    '12345678901234567890',
    '123456789.123456789',
  ])('refuses to write a message again that holds %s', (number) => {
    const message = read(`{"jsonrpc":"2.0","id":1,"result":[{"n":${number}},"x"]}`)
    expect(written(withContent(message, 'y'))).toBe('refused: message_ambiguous')
  })

  it.each([
    '0',
    '-1',
    '1.50',
    '9007199254740991',
    '0.30000000000000004',
    '1e5',
    '6.02e23',
    '0.1',
    '-0',
    '1E2',
    '0e999',
    '0.000',
  ])('writes a message again that holds %s', (number) => {
    const message = read(`{"jsonrpc":"2.0","id":1,"result":{"n":${number}}}`)
    expect(isRefusal(withContent(message, 'y'))).toBe(false)
  })

  it('does not take digits in a string for a number', () => {
    expect(read('{"jsonrpc":"2.0","id":1,"result":"9007199254740993"}').inexact).toBeUndefined()
  })

  it('never changes the value of an integer, however long', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (integer) => {
        const message = read(`{"jsonrpc":"2.0","id":1,"result":[${integer}]}`)
        const again = withContent(message, message.result ?? null)
        if (isRefusal(again)) return
        const digits = /\[(.*)\]/.exec(written(again))?.[1] ?? ''
        expect(BigInt(digits)).toBe(integer)
      }),
    )
  })
})

describe('namedBy and argumentsOf', () => {
  it.each([
    ['tools/call', '{"name":"echo"}', 'echo'],
    ['resources/read', '{"uri":"file:///a"}', 'file:///a'],
    ['tasks/get', '{"taskId":"t"}', 't'],
    ['completion/complete', '{"ref":{"type":"ref/prompt","name":"p","uri":"u"}}', 'p'],
    ['completion/complete', '{"ref":{"type":"ref/resource","name":"p","uri":"u"}}', 'u'],
    ['tools/list', '{"name":"echo"}', null],
  ])('%s with %s names %s', (method, params, named) => {
    const message = read(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`)
    const row = METHODS[method]
    expect(row && namedBy(message, row)).toBe(named)
  })

  it('gives the arguments of a tool call, and none elsewhere', () => {
    const row = METHODS['tools/call']
    const listing = METHODS['tools/list']
    if (!row || !listing) throw new Error('the table has both')
    expect(argumentsOf(read(CALL), row)).toEqual({ text: 'a@b.example' })
    expect(
      argumentsOf(read('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}'), row),
    ).toEqual({})
    expect(argumentsOf(read(CALL), listing)).toEqual({})
  })
})

describe('errorAnswer', () => {
  it('is a JSON-RPC error with the code of the refusal', () => {
    const refusal = new Refusal('policy_denied')
    expect(JSON.parse(written(errorAnswer('a', refusal, { rule: 'r' })))).toEqual({
      jsonrpc: '2.0',
      id: 'a',
      error: { code: REFUSALS.policy_denied.rpc, message: 'denied by policy', data: { rule: 'r' } },
    })
  })

  it('has a null id where the request could not be read, and no data where there is none', () => {
    expect(written(errorAnswer(null, new Refusal('batch_refused')))).toBe(
      '{"jsonrpc":"2.0","id":null,"error":{"code":-31044,"message":"batches are not accepted"}}',
    )
  })
})
