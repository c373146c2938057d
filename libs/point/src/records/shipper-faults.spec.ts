import { afterEach, describe, expect, it } from '@jest/globals'
import type { HeadsAnswer, StreamHead, StreamId } from '@writ/contracts'
import { SIGNER } from '../sample.fixture.ts'
import { Shipper } from './shipper.ts'
import { openSpool, put, removeFolders, seqsOf, stream } from './spool.fixture.ts'
import type { Wrap } from './spool.fixture.ts'

afterEach(removeFolders)

const [ONE, OTHER] = [stream('A', 'T'), stream('A', 'U')]

/** Two streams, a record each in a segment of its own, before a ledger whose watermarks the spec sets. */
async function given(keptMs: number | null, wrap: Wrap) {
  const { spool } = await openSpool({ segmentBytes: 1, keptMs }, { wrap })
  await put(spool, 0, ONE)
  await put(spool, 0, OTHER)
  const ledger = { nextSeq: 1 }
  const reasons: string[] = []
  const answer = async (
    posted: readonly StreamHead[],
    asked: readonly StreamId[] = [],
  ): Promise<HeadsAnswer> => ({
    watermarks: [...posted.map((head) => head.stream), ...asked].map((of) => ({
      stream: of,
      nextSeq: ledger.nextSeq,
    })),
  })
  const shipper = new Shipper({
    spool,
    nodeKey: SIGNER.privateKey,
    queue: null,
    direct: async () => {},
    postHeads: answer,
    nowMs: () => 0,
    report: (_, error) => void reasons.push(String(error)),
  })
  return { spool, ledger, shipper, reasons }
}

const eio = (name: string): Promise<never> => Promise.reject(new Error(`${name}: EIO`))

describe('a segment that the disk does not give back', () => {
  it('keeps no records of other streams from a ledger that has lost them', async () => {
    const { spool, ledger, shipper, reasons } = await given(1e9, (disk) => ({
      ...disk,
      read: (name) => (name.includes('00000001') ? eio(name) : disk.read(name)),
    }))
    await shipper.confirmAll()
    expect(spool.depth).toBe(0)
    ledger.nextSeq = 0
    await shipper.askKept()
    expect([await seqsOf(spool, ONE), await seqsOf(spool, OTHER)]).toEqual([[], [0]])
    expect(reasons).toEqual([expect.stringContaining('00000001.spool: EIO')])
  })
})

describe('a segment that the disk does not let go of', () => {
  it('keeps no records of other streams from being confirmed', async () => {
    const { spool, shipper, reasons } = await given(null, (disk) => ({
      ...disk,
      remove: (name) => (name.includes('00000001') ? eio(name) : disk.remove(name)),
    }))
    await shipper.confirmAll()
    expect(spool.depth).toBe(0)
    expect(reasons).toEqual([expect.stringContaining('00000001.spool: EIO')])
  })
})
