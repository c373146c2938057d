import type { Mutation, Wire } from '@writ/identity/suites'
import { requestText } from './raw.ts'
import type { Also } from './raw.ts'

/** Bytes that differ from a valid request below what HTTP libraries let one say. */
export type WireCase = {
  readonly title: string
  readonly mutation?: Mutation
  readonly text: (wire: Wire) => string
  /** of every answer on the socket, in order */
  readonly statuses: readonly number[]
}

type Row = readonly [title: string, statuses: readonly number[], text: (wire: Wire) => string]

const host = ({ url }: Wire): string => new URL(url).host
const length = ({ body }: Wire): string => String(body.length)

/** The usual fields, with some put in the place of those of the same name. */
const withFields =
  (change: (wire: Wire) => readonly (readonly [string, string])[], also: Also = {}) =>
  (wire: Wire): string => {
    const changed = change(wire)
    const usual: readonly (readonly [string, string])[] = [
      ['Host', host(wire)],
      ['Content-Type', 'application/json'],
      ['Accept', 'application/json, text/event-stream'],
      ['Content-Length', length(wire)],
      ['Connection', 'close'],
    ]
    const names = new Set(changed.map(([name]) => name.toLowerCase()))
    return requestText(wire, {
      ...also,
      fields: [...usual.filter(([name]) => !names.has(name.toLowerCase())), ...changed],
    })
  }

const atTarget = (change: (path: string, wire: Wire) => string) => (wire: Wire) =>
  requestText(wire, { target: change(new URL(wire.url).pathname, wire) })

const asVerb = (verb: string) => (wire: Wire) => requestText(wire, { verb })

/** The text with one line changed. */
const edited = (change: (text: string) => string) => (wire: Wire) => change(requestText(wire))

const chunked = (wire: Wire): string => {
  const text = Buffer.from(wire.body).toString('latin1')
  return `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
}

const targets: readonly Row[] = [
  ['a target with its own origin in it', [404], atTarget((path, { url }) => new URL(url).origin + path)],
  ['a target with a foreign origin in it', [404], atTarget((path) => `http://thief.example${path}`)],
  ['a target without its slash', [400], atTarget((path) => path.slice(1))],
  ['a target with a query', [404], atTarget((path) => `${path}?a=b`)],
  ['a target with an empty query', [404], atTarget((path) => `${path}?`)],
  ['a target with a fragment', [404], atTarget((path) => `${path}#x`)],
  ['a target with an escaped letter', [404], atTarget((path) => path.replace('acme', '%61cme'))],
  ['a target with an escaped slash', [404], atTarget((path) => path.replace('acme/', 'acme%2f'))],
  [
    'a target that goes up by an escaped slash',
    [404],
    atTarget((path) => path.replace('acme', 'acme%2f..%2fbeta')),
  ],
  ['a target with a doubled slash', [404], atTarget((path) => `/${path}`)],
  ['a target with a dot segment', [404], atTarget((path) => `/.${path}`)],
  ['a target that goes up', [404], atTarget((path) => `/beta/..${path}`)],
  ['a target with a slash after it', [404], atTarget((path) => `${path}/`)],
  ['a target with a parameter', [404], atTarget((path) => `${path};x=1`)],
  ['a target in capitals', [404], atTarget((path) => path.toUpperCase())],
  ['a target with a backslash', [400], atTarget((path) => path.replaceAll('/', '\\'))],
  ['a target with a NUL', [400], atTarget((path) => `${path}\0`)],
  ['a target that is a star', [404], atTarget(() => '*')],
  ['a target of another tenant', [401], atTarget((path) => path.replace('acme', 'beta'))],
  ['a target of a tenant that does not exist', [401], atTarget((path) => path.replace('acme', 'nowhere'))],
  ['a target of another connection', [401], atTarget((path) => path.replace('tools', 'other'))],
]

const verbs: readonly Row[] = [
  ['PUT', [405], asVerb('PUT')],
  ['PATCH', [405], asVerb('PATCH')],
  ['OPTIONS', [405], asVerb('OPTIONS')],
  ['TRACE', [405], asVerb('TRACE')],
  ['a method in lower case', [400], asVerb('post')],
  ['a method that does not exist', [400], asVerb('POSTX')],
  ['GET with a body and a proof for POST', [400], asVerb('GET')],
  ['DELETE with a body and a proof for POST', [400], asVerb('DELETE')],
  [
    'a GET without a body under a proof for POST',
    [401],
    withFields(() => [['Content-Length', '0']], { verb: 'GET', body: '' }),
  ],
]

const hosts: readonly Row[] = [
  ['no Host', [400], edited((text) => text.replace(/Host: .*\r\n/, ''))],
  ['two Hosts', [403], edited((text) => text.replace(/(Host: .*\r\n)/, '$1$1'))],
  ['a foreign Host', [403], withFields(() => [['Host', 'thief.example']])],
  ['an empty Host', [403], withFields(() => [['Host', '']])],
  ['a Host of another port', [403], withFields(() => [['Host', '127.0.0.1:1']])],
  ['a Host with a name before it', [403], withFields((wire) => [['Host', `agent@${host(wire)}`]])],
  ['a Host with a dot after it', [403], withFields((wire) => [['Host', host(wire).replace(':', '.:')]])],
  ['a list of Hosts', [403], withFields((wire) => [['Host', `${host(wire)}, ${host(wire)}`]])],
  ['a foreign Origin', [403], withFields(() => [['Origin', 'https://thief.example']])],
  ['an Origin of null', [403], withFields(() => [['Origin', 'null']])],
]

const smuggled: readonly Row[] = [
  ['a length and chunks', [400], withFields(() => [['Transfer-Encoding', 'chunked']])],
  [
    'chunks and a length',
    [400],
    (wire) =>
      withFields(
        () => [
          ['Transfer-Encoding', 'chunked'],
          ['Content-Length', length(wire)],
        ],
        { body: chunked(wire) },
      )(wire),
  ],
  [
    'two lengths',
    [400],
    withFields((wire) => [
      ['Content-Length', length(wire)],
      ['Content-Length', '5'],
    ]),
  ],
  [
    'two equal lengths',
    [400],
    withFields((wire) => [
      ['Content-Length', length(wire)],
      ['content-length', length(wire)],
    ]),
  ],
  ['a length with a plus', [400], withFields((wire) => [['Content-Length', `+${length(wire)}`]])],
  ['a negative length', [400], withFields(() => [['Content-Length', '-1']])],
  [
    'a length that is a list',
    [400],
    withFields((wire) => [['Content-Length', `${length(wire)}, ${length(wire)}`]]),
  ],
  [
    'a transfer coding that nobody knows',
    [400],
    (wire) =>
      withFields(
        () => [
          ['Transfer-Encoding', 'xchunked'],
          ['Content-Length', ''],
        ],
        { body: chunked(wire) },
      )(wire),
  ],
  [
    'chunks that are not the last coding',
    [400],
    (wire) =>
      edited((text) => text.replace(/Content-Length: .*/, 'Transfer-Encoding: chunked, identity'))({
        ...wire,
      }),
  ],
  [
    'a chunk size that is no number',
    [400],
    (wire) =>
      requestText(wire, { body: 'zz\r\nx\r\n0\r\n\r\n' }).replace(
        /Content-Length: .*/,
        'Transfer-Encoding: chunked',
      ),
  ],
  ['a blank before the colon', [400], edited((text) => text.replace('DPoP: ', 'DPoP : '))],
  ['a proof on a continued line', [400], edited((text) => text.replace(/DPoP: (.{20})/, 'DPoP: $1\r\n '))],
  [
    'a token on a continued line',
    [400],
    edited((text) => text.replace('Authorization: DPoP ', 'Authorization: DPoP\r\n ')),
  ],
  [
    'a carriage return inside a field',
    [400],
    edited((text) => text.replace(/DPoP: (.{20})/, 'DPoP: $1\rX: y')),
  ],
  ['a NUL inside a field', [400], edited((text) => text.replace(/DPoP: (.{20})/, 'DPoP: $1\0'))],
  ['a field without a name', [400], edited((text) => text.replace('Host:', ': x\r\nHost:'))],
  ['a field name with a blank', [400], edited((text) => text.replace('Host:', 'Ho st: x\r\nHost:'))],
  ['a field name with a NUL', [400], edited((text) => text.replace('DPoP:', 'DPoP\0:'))],
  ['a version that does not exist', [400], edited((text) => text.replace('HTTP/1.1', 'HTTP/1.2'))],
  ['another protocol', [400], edited((text) => text.replace('HTTP/1.1', 'HTTPS/1.1'))],
  ['the preface of HTTP/2', [400], () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a head of more than 16 KiB', [431], withFields(() => [['X-Pad', 'x'.repeat(17_000)]])],
  [
    'more than a hundred fields',
    [413],
    withFields(() => Array.from({ length: 101 }, (_, at) => [`X-${at}`, 'x'] as const)),
  ],
]

const bodies: readonly Row[] = [
  ['a body of another type', [415], withFields(() => [['Content-Type', 'text/plain']])],
  [
    'a body of two types',
    [415],
    withFields(() => [
      ['Content-Type', 'application/json'],
      ['content-type', 'text/plain'],
    ]),
  ],
  ['a body without a type', [415], edited((text) => text.replace(/Content-Type: .*\r\n/, ''))],
  ['a body that is coded', [415], withFields(() => [['Content-Encoding', 'gzip']])],
  [
    'a body in another character set',
    [415],
    withFields(() => [['Content-Type', 'application/json; charset=utf-16']]),
  ],
  [
    'another body than the one that was signed',
    [401],
    (wire) => requestText(wire, { body: Buffer.from(wire.body).toString().replace('N-1', 'N-2') }),
  ],
  [
    'a blank before the body that was signed',
    [401],
    (wire) =>
      withFields(() => [['Content-Length', String(wire.body.length + 1)]], {
        body: ` ${Buffer.from(wire.body).toString()}`,
      })(wire),
  ],
  [
    'credentials in the trailer',
    [401],
    (wire) => {
      const trailer = wire.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      const text = requestText(
        { ...wire, headers: [] },
        { body: `${chunked(wire).slice(0, -2)}${trailer}\r\n` },
      )
      return text.replace(/Content-Length: .*/, 'Transfer-Encoding: chunked')
    },
  ],
]

const keptAlive = (wire: Wire): string =>
  requestText(wire).replace('Connection: close', 'Connection: keep-alive')

const sequences: readonly Row[] = [
  ['the same request twice on one socket', [200, 401], (wire) => keptAlive(wire) + requestText(wire)],
  [
    'nobody on the socket of somebody',
    [200, 401],
    (wire) => keptAlive(wire) + requestText({ ...wire, headers: [] }),
  ],
  [
    'a request hidden behind the body of another',
    [200, 401],
    (wire) => keptAlive(wire) + requestText({ ...wire, headers: wire.headers.slice(0, 1) }),
  ],
]

const accepted: readonly Row[] = [
  [
    'none of it: chunks',
    [200],
    (wire) =>
      requestText(wire, { body: chunked(wire) }).replace(/Content-Length: .*/, 'Transfer-Encoding: chunked'),
  ],
  [
    'none of it: tabs around values',
    [200],
    edited((text) => text.replace('DPoP: ', 'DPoP:\t ').replace('Authorization: ', 'Authorization: \t')),
  ],
  ['none of it: no blank after the colon', [200], edited((text) => text.replace('DPoP: ', 'dPoP:'))],
  [
    'none of it: a forwarded host that nobody looks at',
    [200],
    withFields(() => [
      ['X-Forwarded-Host', 'thief.example'],
      ['Forwarded', 'host=thief.example;proto=https'],
    ]),
  ],
  [
    'none of it: a method override that nobody looks at',
    [200],
    withFields(() => [['X-HTTP-Method-Override', 'DELETE']]),
  ],
]

const of = (group: string, rows: readonly Row[]): WireCase[] =>
  rows.map(([title, statuses, text]) => ({ title: `${group}: ${title}`, statuses, text }))

export const WIRE_CASES: readonly WireCase[] = [
  ...of('target', targets),
  ...of('method', verbs),
  ...of('host', hosts),
  ...of('framing', smuggled),
  ...of('body', bodies),
  ...of('sequence', sequences),
  ...of('accepted', accepted),
  {
    title: 'host: a proof for the host that a forwarded field names',
    statuses: [401],
    mutation: { claims: (claims) => ({ ...claims, htu: 'https://thief.example/acme/tools/mcp' }) },
    text: withFields(() => [
      ['X-Forwarded-Host', 'thief.example'],
      ['X-Forwarded-Proto', 'https'],
    ]),
  },
  {
    title: 'method: a proof for the method that an override names',
    statuses: [401],
    mutation: { claims: (claims) => ({ ...claims, htm: 'DELETE' }) },
    text: withFields(() => [['X-HTTP-Method-Override', 'DELETE']]),
  },
]
