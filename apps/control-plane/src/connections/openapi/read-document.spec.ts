import { describe, expect, it } from '@jest/globals'
import { ApiDescription } from '@writ/contracts'
import { readOpenApi } from './read-document.ts'

const SHOP = `
openapi: 3.0.3
info: { title: Shop, version: '2.1' }
servers: [{ url: 'https://elsewhere.example' }]
paths:
  /orders/{orderId}:
    parameters:
      - { name: orderId, in: path, required: true, schema: { type: string }, description: which one }
    get:
      operationId: getOrder
      summary: One order.
      parameters:
        - { name: fields, in: query, schema: { type: array, items: { type: string } }, explode: false }
        - { $ref: '#/components/parameters/Trace' }
    delete: { operationId: dropOrder }
  /orders:
    post:
      operationId: 'place an order!'
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: '#/components/schemas/Order' } }
    get: { summary: All of them. }
components:
  parameters:
    Trace: { name: X-Trace, in: header, schema: { type: string } }
  schemas:
    Order:
      type: object
      required: [items]
      properties:
        items: { type: array, items: { $ref: '#/components/schemas/Item' } }
        note: { type: string, nullable: true, example: hello }
        parent: { $ref: '#/components/schemas/Order' }
    Item: { type: object, properties: { price: { type: number, minimum: 0, exclusiveMinimum: true } } }
`

const minimal = (operation: string, version = '3.1.0'): string =>
  `{"openapi":"${version}","info":{"title":"t","version":"1"},"paths":{"/a/{id}":{"get":${operation}}}}`
const ID = '{"name":"id","in":"path","required":true,"schema":{"type":"string"}}'

describe('an OpenAPI document', () => {
  it('is read into one tool for each operation', () => {
    const { api, leftOut } = readOpenApi(SHOP)
    expect(leftOut).toEqual([])
    expect(ApiDescription.parse(api)).toEqual(api)
    expect([api.title, api.version]).toEqual(['Shop', '2.1'])
    expect(api.operations.map(({ tool, method, path }) => [tool, method, path])).toEqual([
      ['getOrder', 'GET', '/orders/{orderId}'],
      ['dropOrder', 'DELETE', '/orders/{orderId}'],
      ['get_orders', 'GET', '/orders'],
      ['place_an_order', 'POST', '/orders'],
    ])
  })

  it('says of each parameter where it goes and how it is written', () => {
    const [get] = readOpenApi(SHOP).api.operations
    expect(get?.description).toBe('One order.')
    expect(get?.parameters).toEqual([
      { argument: 'orderId', name: 'orderId', in: 'path', required: true, style: 'simple', explode: false },
      { argument: 'fields', name: 'fields', in: 'query', required: false, style: 'form', explode: false },
      {
        argument: 'X-Trace',
        name: 'X-Trace',
        in: 'header',
        required: false,
        style: 'simple',
        explode: false,
      },
    ])
    expect(get?.inputSchema).toEqual({
      type: 'object',
      properties: {
        orderId: { type: 'string', description: 'which one' },
        fields: { type: 'array', items: { type: 'string' } },
        'X-Trace': { type: 'string' },
      },
      required: ['orderId'],
      additionalProperties: false,
    })
  })

  it('keeps schemas that refer to themselves, in the words of JSON Schema 2020-12', () => {
    const place = readOpenApi(SHOP).api.operations.find(({ method }) => method === 'POST')
    expect(place?.body).toEqual({ argument: 'body', required: true })
    expect(place?.inputSchema).toMatchObject({
      properties: { body: { $ref: '#/$defs/Order' } },
      required: ['body'],
    })
    expect(place?.inputSchema['$defs']).toEqual({
      Order: {
        type: 'object',
        required: ['items'],
        properties: {
          items: { type: 'array', items: { $ref: '#/$defs/Item' } },
          note: { type: ['string', 'null'] },
          parent: { $ref: '#/$defs/Order' },
        },
      },
      Item: { type: 'object', properties: { price: { type: 'number', exclusiveMinimum: 0 } } },
    })
  })

  it('never leads out of itself: `servers` is not read, and a foreign reference says nothing', () => {
    const foreign = '{"name":"q","in":"query","schema":{"$ref":"https://elsewhere.example/schema.json"}}'
    const { api } = readOpenApi(minimal(`{"parameters":[${ID},${foreign}]}`))
    expect(JSON.stringify(readOpenApi(SHOP).api) + JSON.stringify(api)).not.toContain('elsewhere')
  })

  it('tells two parameters and two operations of one name apart', () => {
    const same = '{"name":"id","in":"query","schema":{"type":"string"}}'
    const { api } = readOpenApi(minimal(`{"parameters":[${ID},${same}]}`))
    expect(api.operations[0]?.parameters.map(({ argument }) => argument)).toEqual(['id', 'id_in_query'])
    const twice = readOpenApi(
      `{"openapi":"3.1.0","info":{},"paths":{"/a":{"get":{"operationId":"x"},"post":{"operationId":"x"}}}}`,
    )
    expect(twice.api.operations.map(({ tool }) => tool)).toEqual(['x', 'x_2'])
  })
})

describe('an operation is left out, and it is said why,', () => {
  const other = '"/b":{"get":{}}'
  const reading = (item: string, path = '/a') =>
    readOpenApi(`{"openapi":"3.1.0","info":{},"paths":{"${path}":${item},${other}}}`)
  it.each([
    [
      'whose required parameter is a cookie',
      '{"get":{"parameters":[{"name":"s","in":"cookie","required":true}]}}',
      '/a',
      /cookie/,
    ],
    [
      'whose required header carries a credential',
      '{"get":{"parameters":[{"name":"Authorization","in":"header","required":true}]}}',
      '/a',
      /no argument may fill/,
    ],
    ['whose path has a place that nothing fills', '{"get":{}}', '/a/{id}', /disagree about \{id\}/],
    ['whose path goes up', '{"get":{}}', '/a/../b', /its path/],
    ['whose path holds a line break', '{"get":{}}', String.raw`/a\r\nx`, /its path/],
    [
      'whose required header says another method',
      '{"post":{"parameters":[{"name":"X-HTTP-Method-Override","in":"header","required":true}]}}',
      '/a',
      /no argument may fill/,
    ],
    [
      'with more parameters than anybody fills',
      `{"get":{"parameters":[${Array.from({ length: 101 }, (_, at) => `{"name":"q${at}","in":"query"}`).join(',')}]}}`,
      '/a',
      /more than 100 parameters/,
    ],
    [
      'whose body is not JSON',
      '{"post":{"requestBody":{"required":true,"content":{"text/csv":{}}}}}',
      '/a',
      /not JSON/,
    ],
  ])('%s', (_, item, path, why) => {
    const { api, leftOut } = reading(item, path)
    expect(api.operations.map((operation) => operation.path)).toEqual(['/b'])
    expect(leftOut).toEqual([
      { operation: expect.stringMatching(/^(?:GET|POST) /), why: expect.stringMatching(why) },
    ])
  })

  it('while a header or cookie that may be missing is only not offered', () => {
    const { api } = reading(
      '{"get":{"parameters":[{"name":"Cookie","in":"header"},{"name":"s","in":"cookie"}]}}',
    )
    expect(api.operations[0]?.parameters).toEqual([])
  })
})

/** So many paths that refer to one item. */
const referring = (count: number, item: string): string => {
  const paths = Array.from({ length: count }, (_, at) => `"/a${at}":{"$ref":"#/x"}`)
  return `{"openapi":"3.1.0","info":{},"x":${item},"paths":{${paths.join(',')}}}`
}

describe('a document is refused', () => {
  const nested = `{"anyOf":[${Array.from({ length: 2000 }, () => '{}').join(',')}]}`
  const aliases = ['a: &a [x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 9; level += 1) {
    const above = String.fromCodePoint(96 + level)
    const own = String.fromCodePoint(97 + level)
    aliases.push(`${own}: &${own} [${Array.from({ length: 9 }, () => `*${above}`).join(', ')}]`)
  }
  it.each([
    ['that is no document', '{', /neither JSON nor YAML/],
    ['of another version', '{"swagger":"2.0"}', /not OpenAPI 3/],
    ['without a tool', '{"openapi":"3.1.0","info":{},"paths":{}}', /no operation/],
    ['that says a thing twice', '{"openapi":"3.1.0","openapi":"3.1.0","paths":{}}', /neither JSON nor YAML/],
    ['that unfolds without end', `openapi: 3.1.0\n${aliases.join('\n')}`, /repeats too much/],
    [
      'that is too large for a bundle',
      `{"openapi":"3.1.0","info":{},"paths":{"/a":{"post":{"requestBody":{"content":{"application/json":{"schema":{"description":"${'x'.repeat(600_000)}"}}}}}}}}`,
      /more than 524288 bytes/,
    ],
    ['with more tools than an agent is offered', referring(501, '{"get":{}}'), /more than 500 operations/],
    [
      'with operations without end that are no tools',
      referring(2001, '{"get":{"parameters":[{"name":"s","in":"cookie","required":true}]}}'),
      /more than 2000 operations/,
    ],
    [
      'that says little and means much',
      referring(
        200,
        `{"get":{"parameters":[{"name":"q","in":"query","schema":${nested}},{"name":"s","in":"cookie","required":true}]}}`,
      ),
      /more than 200000 schemas/,
    ],
  ])('%s', (_, text, why) => {
    expect(() => readOpenApi(text)).toThrow(why)
  })
})
