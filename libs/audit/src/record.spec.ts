import { describe, expect, it } from '@jest/globals'
import { STREAM_START } from '@writ/contracts'
import { canonical } from './canonical.ts'
import { isFault } from './fault.ts'
import { CUT_SIGNAL, MAX_RECORD_BYTES } from './fit-record.ts'
import type { RecordFields } from './record.ts'
import { hashOf, readRecord, sealRecord } from './record.ts'
import { fields, FOREIGN_STREAM, framesOf, present, STREAM } from './sample.fixture.ts'
import { extendStream, startOfStream } from './stream-chain.ts'

const sealed = sealRecord(fields(1), startOfStream(STREAM))

describe('a sealed record', () => {
  it('reads back as what was sealed, at its position', () => {
    expect(readRecord(sealed.bytes)).toEqual({
      ...fields(1),
      v: 'writ.decision.v1',
      stream: STREAM,
      seq: 0,
      prev: STREAM_START,
    })
  })

  it('is hashed over its stored bytes', () => {
    expect(sealed.sha256).toBe(hashOf(sealed.bytes))
    expect(sealed.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  it('names the hash of the record before it', () => {
    const next = sealRecord(fields(2), extendStream(startOfStream(STREAM), sealed.sha256))
    expect(readRecord(next.bytes)).toMatchObject({ seq: 1, prev: sealed.sha256 })
  })

  it('is not made at a position of another tenant', () => {
    expect(() => sealRecord(fields(1), startOfStream(FOREIGN_STREAM))).toThrow('another tenant')
  })

  it('is not made from fields that could not be read back', () => {
    expect(() => sealRecord({ ...fields(1), durationMicros: 0.5 }, startOfStream(STREAM))).toThrow()
  })
})

describe('a record that would be too long', () => {
  const long = 'x'.repeat(40_000)
  const whole = fields(1)
  const match = {
    ...present(whole.outbound?.matches[0]),
    reason: long,
  }
  const decision = {
    outcome: 'deny' as const,
    matches: Array.from({ length: 400 }, () => match),
    signals: Array.from({ length: 5000 }, (_, at) => `signal.${at}`),
    modified: false,
    byDefault: false,
    labels: [],
    hidden: [],
    approval: null,
  }

  const action = { ...present(whole.action), resource: long, tool: long }
  const agent = { ...present(whole.agent), name: '\u0001'.repeat(70_000) }

  it.each<[string, RecordFields]>([
    ['an endless resource', { ...whole, action }],
    ['thousands of matches', { ...whole, outbound: decision, inbound: decision }],
    ['endless names', { ...whole, agent }],
  ])('is cut to fit for %s and still reads', (_, cut) => {
    const { bytes } = sealRecord(cut, startOfStream(STREAM))
    expect(Buffer.byteLength(bytes)).toBeLessThanOrEqual(MAX_RECORD_BYTES)
    expect(isFault(readRecord(bytes))).toBe(false)
  })

  it('says in its signals that it was cut', () => {
    const { bytes } = sealRecord({ ...whole, outbound: decision }, startOfStream(STREAM))
    const record = readRecord(bytes)
    expect(isFault(record) ? [] : record.outbound?.signals).toContain(CUT_SIGNAL)
    expect(isFault(record) ? [] : record.flags).toEqual(['truncated'])
  })

  it('keeps sealed values whole: cut, they would prove nothing and open no more', () => {
    const excerpt = {
      c: 'a'.repeat(64),
      ct: 'b'.repeat(1200),
      epk: 'c'.repeat(43),
      key: `sub_${'1'.repeat(26)}`,
    } as const
    const request = { sha256: 'd'.repeat(64), sizeBytes: 9, excerpt }
    const { bytes } = sealRecord({ ...whole, action, request }, startOfStream(STREAM))
    const record = readRecord(bytes)
    expect(isFault(record) ? record : record.request?.excerpt).toEqual(excerpt)
  })

  it('is not touched when it fits', () => {
    expect(sealed.bytes).not.toContain(CUT_SIGNAL)
  })
})

describe('a record of an earlier release', () => {
  it('reads, although it lacks members and names a class of before', () => {
    const record = JSON.parse(sealed.bytes)
    record.action.class = 'delete'
    for (const member of ['byDefault', 'labels', 'hidden', 'approval']) delete record.outbound[member]
    delete record.outbound.matches[0].overriddenBy
    const read = readRecord(canonical(record))
    expect(isFault(read) ? read : read.outbound).toMatchObject({ byDefault: false, hidden: [] })
  })
})

const CHANGED = {
  permission: 'policies.write',
  route: 'PUT /api/v1/policies/{id}',
  by: { kind: 'human', id: 'hum', name: 'Ada' },
  target: null,
  after: null,
}

describe('reading a record', () => {
  const tampered = (edit: (record: Record<string, unknown>) => void): string => {
    const record: Record<string, unknown> = JSON.parse(sealed.bytes)
    edit(record)
    return JSON.stringify(record)
  }

  it.each([
    ['text that is not JSON', sealed.bytes.slice(0, -1), 'not JSON'],
    ['a blank after it', `${sealed.bytes} `, 'canonical'],
    [
      'another order of keys',
      JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(sealed.bytes)).toReversed())),
      'canonical',
    ],
    ['a member that is not known', tampered((record) => (record['extra'] = 1)), 'malformed at its root'],
    ['a member that is missing', tampered((record) => delete record['outcome']), 'malformed at outcome'],
    [
      'another tenant than its stream',
      tampered((record) => (record['tenant'] = `ten_${'9'.repeat(26)}`)),
      'another tenant',
    ],
    [
      'another node than its stream',
      tampered((record) => (record['gateway'] = { build: '0.1.0', node: `nod_${'9'.repeat(26)}` })),
      'another node',
    ],
    ['a number in another spelling', sealed.bytes.replace('431', '431.0'), 'canonical'],
    ['a member that comes twice', sealed.bytes.replace('{"action"', '{"v":"x","action"'), 'canonical'],
    ...[1.5, 2 ** 53].map((number): [string, string, string] => [
      `the number ${number}`,
      tampered((record) => (record['administration'] = { ...CHANGED, before: { limit: number } })),
      'canonical',
    ]),
    [
      'lists within lists, deeper than anybody can look',
      tampered((record) => (record['administration'] = { ...CHANGED, before: 'HERE' })).replace(
        '"HERE"',
        '['.repeat(20_000) + ']'.repeat(20_000),
      ),
      'malformed',
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(readRecord(bytes)).toMatchObject({ check: 'form', message: expect.stringContaining(message) })
  })

  it('never repeats what the record holds in a fault', () => {
    const fault = readRecord(sealed.bytes.replace('release agent', 'release agent","x":"'))
    expect(JSON.stringify(fault)).not.toContain('release agent')
  })

  it('accepts every record of a stream', () => {
    expect(framesOf(STREAM, 5).map((frame) => isFault(readRecord(frame.bytes)))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ])
  })
})
