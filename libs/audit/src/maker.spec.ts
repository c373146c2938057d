import { describe, expect, it } from '@jest/globals'
import { AuditRecord } from '@writ/contracts'
import type { NodeKind } from './maker.ts'
import { makerFault } from './maker.ts'
import type { RecordFields } from './record.ts'
import { readRecord, sealRecord } from './record.ts'
import { fields, STREAM } from './sample.fixture.ts'
import { isFault } from './fault.ts'
import { startOfStream } from './stream-chain.ts'

const said = (change: Partial<RecordFields>): AuditRecord => {
  const record = readRecord(sealRecord({ ...fields(1), ...change }, startOfStream(STREAM)).bytes)
  if (isFault(record)) throw new Error(record.message)
  return record
}

const NOBODY = { human: null, agent: null, session: null, action: null, connection: null } as const
const own = (kind: AuditRecord['kind'], change: Partial<RecordFields> = {}) =>
  said({ ...NOBODY, kind, outcome: 'allow', ...change })

const ADMINISTRATION: AuditRecord['administration'] = {
  permission: 'policies.write',
  route: 'PUT /api/v1/policies/{id}',
  by: { kind: 'operator', id: 'operator', name: 'operator' },
  target: null,
  before: null,
  after: null,
}
const FINDING: AuditRecord['finding'] = {
  kind: 'effect_without_decision',
  severity: 'high',
  decisions: [`dec_${'1'.repeat(26)}`],
  text: 'an effect without a decision',
}
const LOST = { stream: STREAM, from: 1, to: 2, arrived: false }
const ERASURE = { subject: `hum_${'1'.repeat(26)}`, key: null, reason: 'request', bundles: 1 } as const
const GAP = { cause: 'shed', state: 'begun', records: 1, since: '2026-11-20T10:00:00.000Z' } as const

/** Every kind of record, as whoever makes it makes it; `closed` on every channel, and as the platform ends a call. */
const RECORDS: Readonly<Record<string, AuditRecord>> = {
  'opened, by a call': said({ kind: 'opened' }),
  'closed, by a call': said({}),
  'opened, by a hook': said({ kind: 'opened', channel: 'hooks' }),
  'closed, by a hook': said({ channel: 'hooks' }),
  'closed, of nobody': said({ outcome: 'unknown' }),
  applied: own('applied', { applied: { replaced: null } }),
  stream_opened: own('stream_opened'),
  'stream_opened, of a device': own('stream_opened', { channel: 'hooks' }),
  stream_closed: own('stream_closed'),
  gap: own('gap', { gap: GAP }),
  administered: own('administered', { administration: ADMINISTRATION }),
  found: own('found', { finding: FINDING }),
  stream_lost: own('stream_lost', { lost: LOST, outcome: 'failed' }),
  erasure: own('erasure', { erasure: ERASURE, administration: ADMINISTRATION }),
  'administered, as a call': said({ administration: ADMINISTRATION }),
  'found, as a call': said({ kind: 'opened', finding: FINDING }),
  'stream_lost, as a gap': own('gap', { gap: GAP, lost: LOST }),
  'erasure, as a bundle': own('applied', { erasure: ERASURE }),
}

const OF_POINTS = ['applied', 'stream_opened', 'stream_opened, of a device', 'stream_closed', 'gap']
const TAKEN: Readonly<Record<NodeKind, readonly string[]>> = {
  gateway: ['opened, by a call', 'closed, by a call', ...OF_POINTS],
  device: ['opened, by a hook', 'closed, by a hook', ...OF_POINTS],
  'control-plane': ['closed, of nobody', 'administered', 'found', 'stream_lost', 'erasure'],
}
const MAKERS: readonly NodeKind[] = ['gateway', 'device', 'control-plane']

describe('what a node may say', () => {
  it('is asked of every kind of record that there is', () => {
    const kinds = new Set(Object.values(RECORDS).map(({ kind }) => kind))
    expect([...kinds].toSorted()).toEqual(AuditRecord.shape.kind.options.toSorted())
  })

  it.each(MAKERS.flatMap((maker) => Object.keys(RECORDS).map((name) => [maker, name] as const)))(
    'of a %s: %s',
    (maker, name) => {
      const record = RECORDS[name]
      const fault = record === undefined ? undefined : makerFault(record, maker)
      expect([name, fault === null]).toEqual([name, TAKEN[maker].includes(name)])
    },
  )

  it('is named in the fault, without content', () => {
    const { kind, ...rest } = said({ administration: ADMINISTRATION })
    expect(makerFault({ kind, ...rest }, 'gateway')).toMatchObject({
      check: 'form',
      stream: STREAM,
      message: 'a gateway makes no record with the member administration',
    })
  })

  it('counts for records of former releases, which lack some members', () => {
    const { finding: _finding, local: _local, ...old } = said({})
    const read = AuditRecord.parse({ ...old, v: 'writ.record.v1' })
    expect(makerFault(read, 'gateway')).toBeNull()
    expect(makerFault(read, 'control-plane')).not.toBeNull()
  })
})
