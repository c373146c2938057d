import { X509Certificate } from 'node:crypto'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'
import { array, assert, asyncProperty, constantFrom, nat, property, uint8Array } from 'fast-check'
import { createAuthority } from '../certificates/authority.ts'
import { readFirstBytes } from './client-hello.ts'
import { coverSecrets } from './injection.ts'
import { packageOfPath } from './registry-path.ts'

/** A ClientHello with a server name, in records of a given size. */
function hello(name: string | null, recordBytes = 16_384): Buffer {
  const list =
    name === null
      ? Buffer.alloc(0)
      : Buffer.concat([sized(2, Buffer.concat([Buffer.of(0), sized(2, Buffer.from(name))]))])
  const extension = name === null ? Buffer.alloc(0) : Buffer.concat([Buffer.of(0, 0), sized(2, list)])
  const other = Buffer.concat([Buffer.of(0x2a, 0x2a), sized(2, Buffer.of(0))])
  const body = Buffer.concat([
    Buffer.of(3, 3),
    Buffer.alloc(32, 7),
    sized(1, Buffer.alloc(32)),
    sized(2, Buffer.of(0x13, 1)),
    sized(1, Buffer.of(0)),
    sized(2, Buffer.concat([other, extension])),
  ])
  const message = Buffer.concat([Buffer.of(1), sized(3, body)])
  const records: Buffer[] = []
  for (let at = 0; at < message.length; at += recordBytes)
    records.push(Buffer.concat([Buffer.of(22, 3, 1), sized(2, message.subarray(at, at + recordBytes))]))
  return Buffer.concat(records)
}
function sized(bytes: number, content: Buffer): Buffer {
  const length = Buffer.alloc(bytes)
  length.writeUIntBE(content.length, 0, bytes)
  return Buffer.concat([length, content])
}

describe('the first bytes of a tunnel', () => {
  it('name a server, in one record or in many', () => {
    expect(readFirstBytes(hello('a.example'))).toEqual({ kind: 'hello', serverName: 'a.example' })
    expect(readFirstBytes(hello('a.example', 7))).toEqual({ kind: 'hello', serverName: 'a.example' })
    expect(readFirstBytes(hello(null))).toEqual({ kind: 'hello', serverName: null })
  })

  it('are waited for until they are whole', () => {
    const whole = hello('a.example')
    for (let length = 0; length < whole.length; length++)
      expect(readFirstBytes(whole.subarray(0, length)).kind).toBe('partly')
  })

  it.each([
    'GET / HTTP/1.1\r\n',
    'SSH-2.0-x\r\n',
    '\x17\x03\x03\x00\x01x',
    '\x16\x02\x00\x00\x01x',
    '\x16\x03\x01\x00\x00',
  ])('%j are no TLS', (bytes) => {
    expect(readFirstBytes(Buffer.from(bytes, 'latin1')).kind).toBe('opaque')
  })

  it('never throw, whatever they are', () => {
    assert(
      property(uint8Array({ maxLength: 300 }), nat(299), (noise, at) => {
        const bytes = hello('a.example')
        bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length))
        return ['hello', 'partly', 'opaque'].includes(readFirstBytes(bytes).kind)
      }),
    )
  })
})

describe('a secret in an answer', () => {
  it('is covered wherever the pieces end, and lengths stay', async () => {
    await assert(
      asyncProperty(
        array(constantFrom('sec', 'ret-1', 'secret-1', 'x', 's'), { maxLength: 20 }),
        async (pieces) => {
          const whole = pieces.join('')
          const covered = await text(
            Readable.from(pieces.map((piece) => Buffer.from(piece))).pipe(
              coverSecrets([{ placeholder: 'p', secret: 'secret-1' }]),
            ),
          )
          return (
            covered.length === whole.length &&
            !covered.includes('secret-1') &&
            covered === whole.replaceAll('secret-1', '********')
          )
        },
      ),
    )
  })
})

describe('a path of a registry', () => {
  it.each([
    ['npm', '/left-pad/-/left-pad-1.3.0.tgz', 'left-pad', '1.3.0'],
    ['npm', '/@acme/tool/-/tool-2.0.0-rc.1.tgz', '@acme/tool', '2.0.0-rc.1'],
    ['npm', '/@acme%2ftool', '@acme/tool', null],
    ['npm', '/left-pad?write=true', 'left-pad', null],
    ['pypi', '/simple/My_Tool.x/', 'my-tool-x', null],
    ['pypi', '/packages/ab/cd/ef/My_Tool-1.2-py3-none-any.whl', 'my-tool', '1.2'],
    ['pypi', '/packages/ab/cd/ef/my-tool-1.2.tar.gz', 'my-tool', '1.2'],
    ['cargo', '/api/v1/crates/serde/1.0.1/download', 'serde', '1.0.1'],
    ['cargo', '/crates/serde/serde-1.0.1.crate', 'serde', '1.0.1'],
    ['rubygems', '/gems/rack-test-2.1.0.gem', 'rack-test', '2.1.0'],
    ['rubygems', '/gems/nokogiri-1.15.0-x86_64-linux.gem', 'nokogiri', '1.15.0'],
  ] as const)('of %s: %s is %s %s', (kind, path, name, version) => {
    expect(packageOfPath(kind, path)).toEqual({ name, version })
  })

  it.each([
    ['npm', '/-/npm/v1/security/audits'],
    ['npm', '/%ff'],
    ['cargo', '/config.json'],
  ] as const)('of %s: %s is no package', (kind, path) => {
    expect(packageOfPath(kind, path)).toBeNull()
  })
})

describe('a certificate authority of a run', () => {
  const NOW = Date.UTC(2026, 0, 31)
  const { certificate } = createAuthority(['a.example', '*.b.example'], () => NOW)
  const read = new X509Certificate(certificate)

  it('is an authority, signed by itself, for a month', () => {
    expect(read.ca).toBe(true)
    expect(read.verify(read.publicKey)).toBe(true)
    expect(Date.parse(read.validTo) - NOW).toBe(30 * 86_400_000)
  })

  it('is another one with every run', () => {
    expect(createAuthority(['a.example'], () => NOW).certificate).not.toBe(certificate)
  })
})
