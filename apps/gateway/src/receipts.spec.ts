import { describe, expect, it } from '@jest/globals'
import { Refusal } from '@writ/contracts'
import type { Entry, Ledger, Received } from '@writ/enforcement'
import { receivedOf } from '@writ/point/fixtures'
import { createReceipts } from './receipts.ts'

const PLACE = { stream: 'nod_1:boo_1:ten_1', sha256: 'ff'.repeat(32) }
const asking = (...names: string[]): Received => ({
  ...receivedOf(),
  headers: new Map(names.map((name) => [name, ['?1']])),
})
const entryOf = (received: Received): Entry => ({
  channel: 'gateway',
  received,
  startedAtMicros: 0,
  opened: false,
  closed: false,
})

/** A ledger that numbers what it writes. */
function numbering(refusal: Refusal | null = null): Ledger {
  let seq = 6
  const write = async (entry: Parameters<Ledger['open']>[0]) => {
    seq += 1
    if (refusal === null) entry.place = { ...PLACE, seq }
    return refusal
  }
  return {
    open: write,
    close: async (entry) => {
      if (entry.closed) return null
      entry.closed = true
      return write(entry)
    },
  }
}

describe('a receipt', () => {
  it('says where the closing record stands and what its bytes hash to, once', async () => {
    const receipts = createReceipts()
    const ledger = receipts.of(numbering())
    const entry = entryOf(asking('writ-receipt'))
    await ledger.open(entry)
    await ledger.close(entry)
    await ledger.close(entry)
    const hash = Buffer.from(PLACE.sha256, 'hex').toString('base64')
    const { decisionId } = entry.received
    expect(receipts.take(decisionId)).toBe(`"${PLACE.stream}";seq=8;sha256=:${hash}:;kind=closed`)
    expect(receipts.take(decisionId)).toBeNull()
  })

  it('is that of the beginning while the message has not ended', async () => {
    const receipts = createReceipts()
    const entry = entryOf(asking('writ-receipt'))
    await receipts.of(numbering()).open(entry)
    expect(receipts.take(entry.received.decisionId)).toMatch(/;seq=7;.*;kind=opened$/)
  })

  it('is for nobody who did not ask, and of nothing that was not recorded', async () => {
    const receipts = createReceipts()
    const silent = entryOf(asking('accept'))
    const unrecorded = entryOf(asking('writ-receipt'))
    await receipts.of(numbering()).close(silent)
    await receipts.of(numbering(new Refusal('record_unavailable'))).close(unrecorded)
    expect(receipts.take(silent.received.decisionId)).toBeNull()
    expect(receipts.take(unrecorded.received.decisionId)).toBeNull()
  })

  it('is kept for no part of a message: nobody answers a part, so nobody would ever take it', async () => {
    const receipts = createReceipts()
    const part = entryOf({ ...asking('writ-receipt'), parent: `dec_${'1'.repeat(26)}` })
    const ledger = receipts.of(numbering())
    await ledger.open(part)
    await ledger.close(part)
    expect(receipts.take(part.received.decisionId)).toBeNull()
  })
})
