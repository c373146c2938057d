import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { canonical } from '@writ/audit'
import type { Json, JsonObject } from '@writ/contracts'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { backoffMs } from './backoff.ts'
import { cloudEventOf, recordEventOf, testEventOf } from './cloud-event.ts'
import { eventIdOf, leafHashOf } from './delivered.ts'
import { deliveredOf, recordOf, RECORDS, SEALED, TENANT } from './delivered.fixture.ts'
import { ocsfEventOf } from './ocsf.ts'
import { otlpRequestOf, otlpTestOf } from './otlp.ts'
import { webhookHeaders, webhookSecretOf } from './signature.ts'

const golden = (name: string): JsonObject =>
  JSON.parse(readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8'))

const ajv = new Ajv({ allErrors: true, strict: false })
formats.default(ajv)
const ocsf = ajv.compile(golden('ocsf-api-activity.schema.json'))
const cloudEvents = ajv.compile(golden('cloudevents.schema.json'))
const NAMES = Object.keys(RECORDS)

/** A value deep in a tree. */
const at = (tree: Json | undefined, path: string): Json | undefined =>
  path.split('.').reduce<Json | undefined>((value, step) => {
    if (typeof value !== 'object' || value === null) return undefined
    return Array.isArray(value) ? value[Number(step)] : Reflect.get(value, step)
  }, tree)

/** What specs look at. */
const saying = (name: string) => at(ocsfEventOf(deliveredOf(recordOf(name))), 'type_name')
const chained = (leaf: number) =>
  at(ocsfEventOf(deliveredOf(recordOf('denied'), leaf)), 'attestation_list.0.prev_event.uid')
const idOf = (name: string, leaf: number) => at(cloudEventOf(deliveredOf(recordOf(name), leaf), {}), 'id')
const everything = (name: string): string => {
  const delivered = deliveredOf(recordOf(name))
  return JSON.stringify([recordEventOf(delivered), ocsfEventOf(delivered), otlpRequestOf([delivered])])
}

describe('an OCSF event', () => {
  it.each(NAMES)('of a record that is %s is API Activity with the profiles that it names', (name) => {
    const event = ocsfEventOf(deliveredOf(recordOf(name)))
    expect([ocsf(event), ocsf.errors]).toEqual([true, null])
  })

  it('is refused by the schema when it is bent', () => {
    const event = ocsfEventOf(deliveredOf(recordOf('denied')))
    const bent: JsonObject[] = [
      { ...event, class_uid: 6002 },
      { ...event, activity_id: 7 },
      { ...event, action_id: 8 },
      { ...event, made_up: 1 },
      { ...event, actor: {} },
      { ...event, ai_agent: {} },
      { ...event, attestation_list: [{ chain_uid: 'x' }] },
      { ...event, metadata: { version: '1' } },
      { ...event, ai_model: {} },
    ]
    expect(bent.map((one) => ocsf(one))).toEqual(bent.map(() => false))
  })

  it.each([
    ['allowed', 'Allowed', 'Allowed', 'Informational', 'Success'],
    ['flagged', 'Observed', 'Logged', 'Medium', 'Success'],
    ['modified', 'Modified', 'Corrected', 'Low', 'Success'],
    ['shadowed', 'Allowed', 'Allowed', 'Informational', 'Success'],
    ['asked', 'Denied', 'Challenge', 'Low', 'Failure'],
    ['denied', 'Denied', 'Blocked', 'High', 'Failure'],
    ['aborted', 'Denied', 'Access Revoked', 'Critical', 'Failure'],
    ['refused', 'Denied', 'Rejected', 'Medium', 'Failure'],
    ['failed', 'Unknown', 'Error', 'Medium', 'Failure'],
    ['unknown', 'Unknown', 'Unknown', 'Medium', 'Unknown'],
    ['found', 'Observed', 'Detected', 'Critical', 'Success'],
    ['opened', 'Allowed', 'Allowed', 'Informational', 'Unknown'],
  ])('of a record that is %s says %s, %s, %s, %s', (name, ...said) => {
    const event = ocsfEventOf(deliveredOf(recordOf(name)))
    const words = ['action', 'disposition', 'severity', 'status'].map((member) => event[member])
    expect(words).toEqual(said)
  })

  it('says what the action does to the world', () => {
    expect(['denied', 'hooked', 'administered', 'found'].map(saying)).toEqual([
      'API Activity: Delete',
      'API Activity: exec',
      'API Activity: Update',
      'API Activity: found',
    ])
  })

  it('carries an attestation over everything in it but the fingerprint, that anybody can compute again', () => {
    const event = ocsfEventOf(deliveredOf(recordOf('denied')))
    const value = at(event, 'attestation_list.0.fingerprint.value')
    const { fingerprint, ...attestation } = JSON.parse(JSON.stringify(at(event, 'attestation_list.0') ?? {}))
    const text = canonical({ ...event, attestation_list: [attestation] })
    expect(fingerprint.serialization).toBe('JCS')
    expect(createHash('sha256').update(text).digest('hex')).toBe(value)
    const other = canonical({ ...event, message: 'nothing', attestation_list: [attestation] })
    expect(createHash('sha256').update(other).digest('hex')).not.toBe(value)
  })

  it('names the event before it in the ledger, and the first one none', () => {
    expect([chained(41), chained(0)]).toEqual([`${TENANT}/40`, undefined])
  })
})

describe('a CloudEvent', () => {
  it.each(NAMES)('of a record that is %s is what the specification says', (name) => {
    const delivered = deliveredOf(recordOf(name))
    for (const event of [
      cloudEventOf(delivered, recordEventOf(delivered)),
      cloudEventOf(delivered, ocsfEventOf(delivered), 'dev.writ.decision.ocsf.v1'),
      testEventOf({ tenant: TENANT, id: 'x', atMs: 0 }),
    ])
      expect([cloudEvents(event), cloudEvents.errors]).toEqual([true, null])
  })

  it('has the same id whenever the same record is delivered, and another one for every other', () => {
    expect(idOf('denied', 41)).toBe(`${TENANT}/41`)
    expect([idOf('denied', 41), idOf('denied', 42)]).toEqual([idOf('allowed', 41), idOf('allowed', 42)])
  })

  it('holds the record so that its leaf hash can be computed from it', () => {
    const delivered = deliveredOf(recordOf('denied'))
    const data = JSON.parse(JSON.stringify(recordEventOf(delivered)))
    const again = createHash('sha256').update('\0').update(canonical(data.record)).digest('hex')
    expect([again, data.leafHash]).toEqual([leafHashOf(delivered), leafHashOf(delivered)])
  })
})

const OTLP = golden('otlp-logs.json')

/** What of a tree is not as the messages of OpenTelemetry say. */
function otlpFaults(value: Json | undefined, type: string, path = ''): string[] {
  if (type.endsWith('[]'))
    return Array.isArray(value)
      ? value.flatMap((item: Json, n) => otlpFaults(item, type.slice(0, -2), `${path}[${n}]`))
      : [`${path} is no list`]
  const message = at(OTLP, type)
  if (message !== undefined && typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([field, member]: [string, Json]) => {
      const known = at(message, field)
      return typeof known === 'string'
        ? otlpFaults(member, known, `${path}.${field}`)
        : [`${path}.${field} is unknown`]
    })
  return (SCALARS[type] ?? (() => false))(value) ? [] : [`${path} is no ${type}`]
}

const SCALARS: Readonly<Record<string, (value: Json | undefined) => boolean>> = {
  string: (value) => typeof value === 'string',
  fixed64: (value) => typeof value === 'string' && /^\d{1,20}$/.test(value),
  int64: (value) => typeof value === 'string' && /^-?\d{1,19}$/.test(value),
  bytes: (value) => typeof value === 'string' && /^(?:[0-9a-f]{16}){1,2}$/.test(value),
  SeverityNumber: (value) => typeof value === 'number' && value >= 1 && value <= 24,
}

describe('an OTLP request', () => {
  it('has only fields that OpenTelemetry knows, in the JSON of protobuf, for every record', () => {
    const batch = NAMES.map((name, leaf) => deliveredOf(recordOf(name), leaf))
    expect(otlpFaults(otlpRequestOf(batch), 'ExportLogsServiceRequest')).toEqual([])
    expect(otlpFaults(otlpTestOf({ tenant: TENANT, id: 'x', atMs: 5 }), 'ExportLogsServiceRequest')).toEqual(
      [],
    )
  })

  it('would be caught with a field of another name or form', () => {
    const [good] = [otlpRequestOf([deliveredOf(recordOf('denied'))])]
    const bend = (from: string, to: string) =>
      otlpFaults(JSON.parse(JSON.stringify(good).replace(from, to)), 'ExportLogsServiceRequest').length
    expect([
      bend('"timeUnixNano"', '"time_unix_nano"'),
      bend('"intValue":"41"', '"intValue":41'),
      bend('"severityNumber":17', '"severityNumber":99'),
    ]).toEqual([1, 1, 1])
  })

  it('keeps nanoseconds whole, and says the trace that the agent was in', () => {
    const record = at(
      otlpRequestOf([deliveredOf(recordOf('denied'))]),
      'resourceLogs.0.scopeLogs.0.logRecords.0',
    )
    expect([at(record, 'timeUnixNano'), at(record, 'traceId')]).toEqual([
      '1795168800123000000',
      '0af7651916cd43dd8448eb211c80319c',
    ])
  })
})

describe('a webhook signature', () => {
  it('is the one of the vector that Standard Webhooks publishes', () => {
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      atMs: 1_614_265_330_999,
      body: '{"test": 2432232314}',
    }
    expect(webhookHeaders(message, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('is there once for each secret, and each covers id, time and body', () => {
    const secrets = [1, 2].map((byte) => webhookSecretOf(Buffer.alloc(32, byte)))
    const headers = webhookHeaders({ id: 'a', atMs: 5000, body: 'b' }, secrets)
    const expected = [1, 2].map(
      (byte) => `v1,${createHmac('sha256', Buffer.alloc(32, byte)).update('a.5.b').digest('base64')}`,
    )
    expect(headers['webhook-signature']).toBe(expected.join(' '))
  })
})

describe('personal values', () => {
  it.each(['administeredBefore', 'deniedBefore'])(
    'that stand in clear in a record that is %s go nowhere',
    (name) => {
      expect(JSON.stringify(recordOf(name))).toContain('Ada Lovelace')
      expect(everything(name)).not.toMatch(/Ada|ada@example/)
    },
  )

  it('go out sealed as they are, and nowhere as a name', () => {
    const delivered = deliveredOf(recordOf('denied'))
    expect(at(recordEventOf(delivered), 'record.human.name')).toEqual(SEALED)
    expect(at(ocsfEventOf(delivered), 'actor.user.name')).toBeUndefined()
  })

  it('that are disclosed are said in the place that each form has for them', () => {
    const delivered = deliveredOf(recordOf('denied'), 41, { '/human/name': 'Ada Lovelace' })
    expect(at(ocsfEventOf(delivered), 'actor.user.name')).toBe('Ada Lovelace')
    expect(recordEventOf(delivered)['disclosed']).toEqual({ '/human/name': 'Ada Lovelace' })
    expect(JSON.stringify(otlpRequestOf([delivered]))).toContain(
      '"user.name","value":{"stringValue":"Ada Lovelace"}',
    )
  })
})

describe('the wait before the next try', () => {
  it('doubles, stays between half and whole, and never passes five minutes', () => {
    for (const [failures, wholeMs] of [
      [1, 1000],
      [2, 2000],
      [5, 16_000],
      [9, 256_000],
      [10, 300_000],
      [5000, 300_000],
    ] as const)
      expect([0, 0.5, 0.999_999].map((random) => backoffMs(failures, random))).toEqual([
        wholeMs / 2,
        wholeMs * 0.75,
        wholeMs,
      ])
  })

  it('is at least what the receiver asked for, within an hour', () => {
    expect([backoffMs(1, 0, 90_000), backoffMs(1, 0, 1e12)]).toEqual([90_000, 3_600_000])
  })
})

describe('an event', () => {
  it('is called after the tenant and the leaf', () =>
    expect(eventIdOf({ tenant: 't', leafIndex: 3 })).toBe('t/3'))
})
