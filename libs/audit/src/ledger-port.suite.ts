import { describe, expect, it } from '@jest/globals'
import type { StreamId, TenantId } from '@writ/contracts'
import type { RecordFields } from './record.ts'
import type { AuditLedger, OpenedBatch } from './ports.ts'

/** A stream of records as a node would have written it. */
export type PortStream = {
  readonly id: StreamId
  readonly tenant: TenantId
  /** the signed batch of the records from `fromSeq` to before `toSeq`, opened */
  readonly opened: (fromSeq: number, toSeq: number) => OpenedBatch
  /** another history of the same stream, signed by the same node */
  readonly fork: () => PortStream
}

export type LedgerWorld = {
  readonly ledger: AuditLedger
  /** another process at the same store */
  readonly other: AuditLedger
  readonly newTenant: () => Promise<TenantId>
  /** the id of a tenant that there is not */
  readonly noTenant: () => TenantId
  readonly newStream: (
    tenant: TenantId,
    length: number,
    fields?: (seq: number) => Partial<RecordFields>,
  ) => PortStream
}

/** What every ledger does. @param world asked once; each case makes tenants of its own */
export function describeLedger(name: string, world: () => LedgerWorld): void {
  const leavesOf = async (tenant: TenantId, from = 0, to = Number.MAX_SAFE_INTEGER) => {
    const found: { leafIndex: number; text: string }[] = []
    for await (const { leafIndex, bytes } of world().ledger.leaves(tenant, { from, to }))
      found.push({ leafIndex, text: Buffer.from(bytes).toString('utf8') })
    return found
  }
  const given = async (length: number) => world().newStream(await world().newTenant(), length)

  describe(`the ledger ${name}`, () => {
    it('keeps the very bytes, at contiguous leaf indexes from 0 on', async () => {
      const stream = await given(7)
      const { ledger } = world()
      expect(await ledger.append(stream.opened(0, 3))).toEqual({
        outcome: 'ingested',
        nextSeq: 3,
        ingested: 3,
      })
      expect(await ledger.append(stream.opened(3, 7))).toEqual({
        outcome: 'ingested',
        nextSeq: 7,
        ingested: 4,
      })
      const texts = stream.opened(0, 7).batch.records
      expect(await leavesOf(stream.tenant)).toEqual(texts.map((text, leafIndex) => ({ leafIndex, text })))
      expect([await ledger.size(stream.tenant), await ledger.watermark(stream.tenant, stream.id)]).toEqual([
        7, 7,
      ])
    })

    it('takes a batch again, whole or in part, without keeping anything twice', async () => {
      const stream = await given(6)
      const { ledger } = world()
      await ledger.append(stream.opened(0, 4))
      expect(await ledger.append(stream.opened(0, 4))).toEqual({
        outcome: 'ingested',
        nextSeq: 4,
        ingested: 0,
      })
      expect(await ledger.append(stream.opened(1, 3))).toMatchObject({ outcome: 'ingested', ingested: 0 })
      expect(await ledger.append(stream.opened(2, 6))).toEqual({
        outcome: 'ingested',
        nextSeq: 6,
        ingested: 2,
      })
      expect((await leavesOf(stream.tenant)).map(({ text }) => text)).toEqual(
        stream.opened(0, 6).batch.records,
      )
    })

    it('wants what is missing before it takes what comes after it', async () => {
      const stream = await given(5)
      const { ledger } = world()
      await ledger.append(stream.opened(0, 2))
      expect(await ledger.append(stream.opened(3, 5))).toEqual({ outcome: 'gap', nextSeq: 2 })
      expect(await ledger.size(stream.tenant)).toBe(2)
    })

    it('takes no second history, neither of what is stored nor of what comes next', async () => {
      const stream = await given(6)
      const { ledger } = world()
      await ledger.append(stream.opened(0, 3))
      const fork = stream.fork()
      expect(await ledger.append(fork.opened(0, 3))).toEqual({ outcome: 'fork', nextSeq: 3 })
      expect(await ledger.append(fork.opened(1, 2))).toEqual({ outcome: 'fork', nextSeq: 3 })
      expect(await ledger.append(fork.opened(3, 6))).toEqual({ outcome: 'fork', nextSeq: 3 })
      expect(await ledger.append(fork.opened(2, 6))).toEqual({ outcome: 'fork', nextSeq: 3 })
      expect(await leavesOf(stream.tenant)).toHaveLength(3)
    })

    it('ends the same, however often two processes send everything at once', async () => {
      const tenant = await world().newTenant()
      const streams = [world().newStream(tenant, 40), world().newStream(tenant, 40)]
      const { ledger, other } = world()
      const sends = streams.flatMap((stream) =>
        [ledger, other].map(async (to) => {
          for (let seq = 0; seq < 40; seq += 8) await to.append(stream.opened(seq, seq + 8))
        }),
      )
      await Promise.all(sends)
      const leaves = await leavesOf(tenant)
      expect(leaves.map(({ leafIndex }) => leafIndex)).toEqual(Array.from({ length: 80 }, (_, at) => at))
      expect(new Set(leaves.map(({ text }) => text)).size).toBe(80)
      for (const stream of streams) expect(await ledger.watermark(tenant, stream.id)).toBe(40)
    })

    it('gives a record that nobody read its place too', async () => {
      const stream = await given(3)
      const { batch, records } = stream.opened(0, 3)
      const [first = null, , last = null] = records
      expect(await world().ledger.append({ batch, records: [first, null, last] })).toMatchObject({
        ingested: 3,
      })
      expect((await leavesOf(stream.tenant)).map(({ text }) => text)).toEqual(batch.records)
      expect(await world().ledger.append({ batch, records })).toMatchObject({
        outcome: 'ingested',
        ingested: 0,
      })
    })

    it('reads the range that is asked for', async () => {
      const stream = await given(9)
      await world().ledger.append(stream.opened(0, 9))
      const indexes = async (from: number, to: number) =>
        (await leavesOf(stream.tenant, from, to)).map(({ leafIndex }) => leafIndex)
      expect([await indexes(2, 5), await indexes(5, 5), await indexes(7, 99)]).toEqual([
        [2, 3, 4],
        [],
        [7, 8],
      ])
    })

    it('keeps tenants apart, and nothing for one that there is not', async () => {
      const [mine, theirs] = [await given(2), await given(3)]
      const { ledger } = world()
      await ledger.append(mine.opened(0, 2))
      await ledger.append(theirs.opened(0, 3))
      expect(await leavesOf(mine.tenant)).toHaveLength(2)
      expect(await ledger.watermark(mine.tenant, theirs.id)).toBe(0)
      const nobody = world().newStream(world().noTenant(), 1)
      expect(await ledger.append(nobody.opened(0, 1))).toEqual({ outcome: 'unknown-tenant' })
      expect([await ledger.size(nobody.tenant), await leavesOf(nobody.tenant)]).toEqual([0, []])
    })
  })
}
