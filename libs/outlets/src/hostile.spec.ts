import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { canonical } from '@writ/audit'
import { AuditRecord } from '@writ/contracts'
import type { Json } from '@writ/contracts'
import { recordEventOf } from './cloud-event.ts'
import { leafHashOf } from './delivered.ts'
import type { Delivered } from './delivered.ts'
import { deliveredOf, recordOf } from './delivered.fixture.ts'
import { ocsfEventOf } from './ocsf.ts'
import { otlpRequestOf } from './otlp.ts'
import { withoutPersonal } from './personal.ts'
import { octetCounted, syslogMessageOf } from './syslog.ts'

/** A denied call of a tool that its agent named so. */
function naming(name: string): Delivered {
  const record = recordOf('denied')
  return deliveredOf({
    ...record,
    action: record.action && { ...record.action, tool: name, resource: name },
    connection: record.connection && { ...record.connection, name },
  })
}

const at = (moment: string): Delivered => deliveredOf({ ...recordOf('denied'), at: moment })

describe('what an agent calls things', () => {
  it('never makes a syslog message longer than receivers have to take, however long it is', () => {
    for (const name of ['x', '|', '\\', '\n', '\u{1f600}', '\ud800', '\u0800'])
      expect(octetCounted(syslogMessageOf(naming(name.repeat(20_000)))).length).toBeLessThan(16_384)
  })

  it.each(['\ud800', 'a\udc00b', '\ud83d\ud83d'])(
    'is text that strict readers of JSON read, in OCSF and OTLP, also as %j',
    (name) => {
      const [event, request] = [ocsfEventOf(naming(name)), otlpRequestOf([naming(name)])]
      for (const one of [event, request]) {
        expect(textsIn(one).filter((text) => text !== Buffer.from(text).toString())).toEqual([])
        expect(textsIn(one)).toContain(Buffer.from(name).toString())
      }
    },
  )
})

function textsIn(value: Json): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

describe('a time that no collector could read', () => {
  it.each([
    ['0000-01-01T00:00:00.000Z', '0'],
    ['1969-12-31T23:59:59.999Z', '0'],
    ['9999-12-31T23:59:59.999Z', '18446744073709000000'],
  ])('is the nearest that it can: %s', (moment, nanos) => {
    const text = JSON.stringify(otlpRequestOf([at(moment)]))
    expect(text).toContain(`"timeUnixNano":"${nanos}"`)
    expect(BigInt(nanos)).toBeLessThan(2n ** 64n)
  })
})

describe('a record that lacks what later releases write', () => {
  it('goes out as it was stored, so that its leaf hash can be computed from it', () => {
    const {
      byDefault: _,
      labels: __,
      hidden: ___,
      approval: ____,
      ...outbound
    } = { ...recordOf('denied').outbound }
    const { finding, local, administration, delegators, ...rest } = recordOf('denied')
    expect([finding, local, administration, delegators.length]).toEqual([null, null, null, 1])
    const bytes = canonical(JSON.parse(JSON.stringify({ ...rest, outbound })))
    const record = AuditRecord.parse(JSON.parse(bytes))
    const delivered = { ...deliveredOf(record), bytes, shown: withoutPersonal(record, bytes).shown }
    const shown = JSON.parse(JSON.stringify(recordEventOf(delivered))).record
    expect(createHash('sha256').update('\0').update(canonical(shown)).digest('hex')).toBe(
      leafHashOf(delivered),
    )
  })
})
