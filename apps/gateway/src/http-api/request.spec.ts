import { describe, expect, it } from '@jest/globals'
import type { ApiOperation, ApiParameter, Json, JsonObject } from '@writ/contracts'
import { assert, constantFrom, oneof, property, string } from 'fast-check'
import { requestOf } from './request.ts'

const parameter = (
  name: string,
  place: ApiParameter['in'],
  more: Partial<ApiParameter> = {},
): ApiParameter => ({
  argument: name,
  name,
  in: place,
  required: place === 'path',
  style: place === 'query' ? 'form' : 'simple',
  explode: place === 'query',
  ...more,
})
const operation = (more: Partial<ApiOperation> = {}): ApiOperation => ({
  tool: 'get_order',
  method: 'GET',
  path: '/orders/{id}/lines',
  description: '',
  inputSchema: {},
  parameters: [parameter('id', 'path'), parameter('q', 'query'), parameter('X-Note', 'header')],
  body: null,
  ...more,
})
const made = (args: JsonObject, more: Partial<ApiOperation> = {}) => {
  const request = requestOf(operation(more), args)
  if (typeof request === 'string') throw new Error(request)
  return request
}
const query = (value: Json, more: Partial<ApiParameter>) =>
  made({ q: value }, { path: '/', parameters: [parameter('q', 'query', more)] }).path

/** The strict reader lets nothing else through. */
const isWellFormed = (value: string): boolean => !/[\uD800-\uDFFF]/u.test(value)

describe('a request', () => {
  it('has every argument in its place', () => {
    const { path, headers, body } = made({ id: 'a b', q: 'x&y=z', 'X-Note': 'hello' })
    expect([path, headers, body]).toEqual(['/orders/a%20b/lines?q=x%26y%3Dz', [['x-note', 'hello']], null])
  })

  it.each([
    ['form, exploded', ['a', 'b,c'], { explode: true }, '/?q=a&q=b%2Cc'],
    ['form', ['a', 'b'], { explode: false }, '/?q=a,b'],
    ['separated by spaces', ['a', 'b'], { style: 'spaceDelimited', explode: false }, '/?q=a%20b'],
    ['separated by pipes', [1, true], { style: 'pipeDelimited', explode: false }, '/?q=1|true'],
    [
      'a deep object',
      { a: 1, 'b&c': 'x' },
      { style: 'deepObject', explode: true },
      '/?q%5Ba%5D=1&q%5Bb%26c%5D=x',
    ],
    ['an object as form', { a: 1, b: 2 }, { explode: false }, '/?q=a,1,b,2'],
  ] satisfies [string, Json, Partial<ApiParameter>, string][])(
    'writes lists and objects as the document says: %s',
    (_, value, more, path) => {
      expect(query(value, more)).toBe(path)
    },
  )

  it('is refused where two arguments together lead up the path', () => {
    const parameters = [parameter('a', 'path'), parameter('b', 'path')]
    expect(requestOf(operation({ path: '/x/{a}{b}', parameters }), { a: 'a', b: '.b' })).toMatchObject({
      path: '/x/a.b',
    })
    expect(requestOf(operation({ path: '/x/{a}{b}', parameters }), { a: '.', b: '.' })).toMatch(
      /lead to another/,
    )
    const dotted = operation({ path: '/x/.{a}', parameters: [parameter('a', 'path')] })
    expect(requestOf(dotted, { a: './admin' })).toMatch(/lead to another/)
  })

  it.each(['a/b', 'a..b', '...', '50%', 'a%2fb', 'a;b'])('takes %j for what it is', (id) => {
    expect(made({ id }).path).toBe(`/orders/${encodeURIComponent(id)}/lines`)
  })

  it('carries the body argument as JSON', () => {
    const request = made(
      { body: { a: [1, 'ü'] } },
      { method: 'POST', path: '/', parameters: [], body: { argument: 'body', required: true } },
    )
    expect(Buffer.from(request.body ?? []).toString()).toBe('{"a":[1,"ü"]}')
    expect(request.headers).toEqual([['content-type', 'application/json']])
  })

  it.each([
    ['an argument that the tool does not have', { id: 'a', admin: 'true' }, /"admin" is no argument/],
    ['a name that every object has', { id: 'a', constructor: 'x' }, /"constructor" is no argument/],
    ['without a required one', { q: 'x' }, /"id" is missing/],
    ['up the path', { id: '..' }, /would lead to another one/],
    ['up the path of whoever resolves escapes first', { id: 'a/../../admin' }, /would lead to another one/],
    ['up the path by the other slash', { id: '..\\admin' }, /would lead to another one/],
    ['up the path of whoever resolves escapes twice', { id: '%2e%2e%2fadmin' }, /would lead to another one/],
    ['up the path of whoever takes parameters away', { id: '..;/admin' }, /would lead to another one/],
    ['the end of the path', { id: 'a\0' }, /would lead to another one/],
    ['nowhere in the path', { id: '' }, /is no segment of a path/],
    ['null in the path', { id: null }, /cannot stand in a path/],
    ['a second header', { id: 'a', 'X-Note': 'x\r\nAuthorization: y' }, /cannot stand in a header/],
    ['a header beyond ASCII', { id: 'a', 'X-Note': 'ü' }, /cannot stand in a header/],
    ['a list of lists', { id: 'a', q: [['x']] }, /is a list of more/],
    [
      'an object that would be parameters of its own',
      { id: 'a', q: { admin: 'true' } },
      /cannot be told apart/,
    ],
  ] satisfies [string, JsonObject, RegExp][])('is not made with %s', (_, args, why) => {
    expect(requestOf(operation(), args)).toMatch(why)
  })

  it('stays what the operation says, whatever an argument holds', () => {
    const text = oneof(
      string({ unit: 'binary' }),
      constantFrom('../..', '%2e%2e', '/', '?', '#', ';', '\\', '\0'),
    )
    assert(
      property(text.filter(isWellFormed), text.filter(isWellFormed), (id, q) => {
        const request = requestOf(operation(), { id, q })
        if (typeof request === 'string') return
        const url = new URL(request.path, 'http://api.example/base/')
        expect(url.host).toBe('api.example')
        const segments = url.pathname.split('/')
        expect([segments.length, segments[1], segments[3]]).toEqual([4, 'orders', 'lines'])
        expect(decodeURIComponent(segments[2] ?? '')).toBe(id)
        expect([...url.searchParams]).toEqual([['q', q]])
        expect(url.hash).toBe('')
      }),
      { numRuns: 2000 },
    )
  })
})
