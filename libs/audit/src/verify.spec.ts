import { describe, expect, it } from '@jest/globals'
import type { Evidence, Fault } from '@writ/contracts'
import { Evidence as EvidenceSchema, Verification } from '@writ/contracts'
import * as fc from 'fast-check'
import { signHead } from './head.ts'
import { rawPublicKey } from './node-key.ts'
import { hashOf, sealRecord } from './record.ts'
import {
  AT,
  evidenceOf,
  evidenceStream,
  fields,
  FOREIGN_STREAM,
  framesOf,
  KEY,
  NODE,
  nodeKey,
  OTHER_STREAM,
  present,
  PUBLIC_KEY,
  STREAM,
} from './sample.fixture.ts'
import { startOfStream } from './stream-chain.ts'
import { verifyEvidence, verifyEvidenceInSteps } from './verify.ts'

const frames = framesOf(STREAM, 5)
const others = framesOf(OTHER_STREAM, 3)
const sound = evidenceOf(frames, others)

type StoredRecord = Evidence['records'][number]
type EvidenceStream = Evidence['streams'][number]

/** As who forges would: the log is said to hold just these. */
const withRecords = (records: readonly StoredRecord[]): Evidence => ({
  ...sound,
  logSize: records.length,
  records: [...records],
})
const renumbered = (records: readonly StoredRecord[]): StoredRecord[] =>
  records.map((record, leafIndex) => ({ ...record, leafIndex }))
const withStream = (change: (stream: EvidenceStream) => Partial<EvidenceStream>): Evidence => ({
  ...sound,
  streams: sound.streams.map((stream, at) => (at === 0 ? { ...stream, ...change(stream) } : stream)),
})
const leafOf = (seq: number): number =>
  sound.records.findIndex((record) => record.stream === STREAM && record.seq === seq)
const isNamed = (faults: readonly Fault[], { stream, seq, leafIndex }: StoredRecord): boolean =>
  faults.some((fault) => fault.stream === stream && fault.seq === seq && fault.leafIndex === leafIndex)
const withBytes = (at: number, bytes: string, evidence = sound): Evidence => ({
  ...evidence,
  records: evidence.records.map((record, index) => (index === at ? { ...record, bytes } : record)),
})

const flipped = (record: StoredRecord, at: number, mask: number): string => {
  const bytes = Buffer.from(record.bytes)
  bytes[at] = (bytes[at] ?? 0) ^ mask
  return bytes.toString('utf8')
}
const checksOf = (evidence: Evidence) =>
  verifyEvidence(evidence).faults.map(({ check, stream, seq }) => ({ check, stream, seq }))

describe('an evidence that nobody touched', () => {
  it('fits the wire and holds', () => {
    expect(EvidenceSchema.parse(sound)).toEqual(sound)
    expect(verifyEvidence(sound)).toEqual({
      holds: true,
      records: 8,
      streams: 2,
      faults: [],
      unpinnedNodes: [NODE],
    })
  })

  it('holds whatever the size of its batches', () => {
    for (const size of [1, 2, 3, 200])
      expect(verifyEvidence(evidenceOf(frames, others, size)).holds).toBe(true)
  })

  it('holds with batches that overlap, as after a resend', () => {
    const evidence = withStream((stream) => ({
      batches: [...stream.batches, ...evidenceStream(frames, 3).batches],
    }))
    expect(verifyEvidence(evidence).faults).toEqual([])
  })

  it('holds while the newest head lags behind the records', () => {
    const head = signHead(
      { stream: STREAM, nextSeq: 2, headHash: hashOf(frames[1]?.bytes ?? ''), at: AT },
      KEY,
    )
    expect(verifyEvidence(withStream(() => ({ head }))).faults).toEqual([])
  })

  it('holds when it is empty', () => {
    expect(verifyEvidence({ ...sound, logSize: 0, nodes: [], streams: [], records: [] }).holds).toBe(true)
  })

  it('holds for who knows the node, and not for who knows another key of it', () => {
    expect(verifyEvidence(sound, [{ node: NODE, publicKey: PUBLIC_KEY }]).holds).toBe(true)
    expect(verifyEvidence(sound, [{ node: NODE, publicKey: rawPublicKey(nodeKey(8)) }]).holds).toBe(false)
    expect(verifyEvidence(sound, []).holds).toBe(false)
  })

  it('says which keys were compared with nothing, and takes them as new only when told so', () => {
    expect(verifyEvidence(sound, [{ node: NODE, publicKey: PUBLIC_KEY }]).unpinnedNodes).toEqual([])
    expect(verifyEvidence(sound, []).unpinnedNodes).toEqual([NODE])
    expect(verifyEvidence(sound, [], 'unpinned')).toMatchObject({ holds: true, unpinnedNodes: [NODE] })
    const another = [{ node: NODE, publicKey: rawPublicKey(nodeKey(8)) }]
    for (const known of [another, [...another, { node: NODE, publicKey: PUBLIC_KEY }]])
      expect(verifyEvidence(sound, known, 'unpinned')).toMatchObject({
        faults: [{ check: 'signature', message: `the key of ${NODE} is not the known one` }],
        unpinnedNodes: [],
      })
  })
})

describe('a single byte of a stored record', () => {
  const small = evidenceOf(framesOf(STREAM, 3), framesOf(OTHER_STREAM, 1))

  it.each(small.records.map(({ seq, leafIndex }) => ({ seq, leafIndex })))(
    'cannot change unseen: each position of record $leafIndex (sequence number $seq) yields a fault that names it',
    ({ leafIndex }) => {
      const record = present(small.records[leafIndex])
      const unseen = Array.from(Buffer.from(record.bytes).keys()).filter((position) => {
        const bytes = flipped(record, position, 1 << (position % 8))
        const { holds, faults } = verifyEvidence(withBytes(leafIndex, bytes, small))
        return holds || !isNamed(faults, record)
      })
      expect(unseen).toEqual([])
    },
  )

  it('blames no other record, unless the byte is in the link to the one before', () => {
    const anywhere = fc.record({
      at: fc.nat(sound.records.length - 1),
      part: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      bit: fc.nat(7),
    })
    fc.assert(
      fc.property(anywhere, ({ at, part, bit }) => {
        const record = present(sound.records[at])
        const position = Math.floor(part * Buffer.byteLength(record.bytes))
        const link = record.bytes.indexOf('"prev":"')
        const before = Buffer.byteLength(record.bytes.slice(0, link))
        fc.pre(position < before || position > before + 72)
        const { faults } = verifyEvidence(withBytes(at, flipped(record, position, 1 << bit)))
        expect(new Set(faults.map(({ leafIndex }) => leafIndex))).toEqual(new Set([at]))
      }),
      { numRuns: 300 },
    )
  })

  it('is reported with the decision that the record is about', () => {
    const at = leafOf(1)
    const bytes = present(sound.records[at]).bytes.replace(':431', ':432')
    expect(verifyEvidence(withBytes(at, bytes)).faults).toEqual([
      expect.objectContaining({
        check: 'chain',
        stream: STREAM,
        seq: 1,
        leafIndex: at,
        decisionId: 'dec_00000000000000000000000001',
      }),
    ])
  })

  it('is reported with the decision also when the record is no longer JSON', () => {
    const at = leafOf(1)
    const { faults } = verifyEvidence(withBytes(at, present(sound.records[at]).bytes.slice(0, -1)))
    expect(faults.map(({ check }) => check)).toEqual(['form', 'chain'])
    expect(new Set(faults.map(({ decisionId }) => decisionId))).toEqual(
      new Set(['dec_00000000000000000000000001']),
    )
  })
})

describe('records that were tampered with', () => {
  it.each(frames.map(({ seq }) => seq))(
    'are found missing when record %i is deleted and the rest renumbered',
    (seq) => {
      const evidence = withRecords(renumbered(sound.records.filter((_, at) => at !== leafOf(seq))))
      expect(checksOf(evidence)).toContainEqual({
        check: seq === 4 ? 'completeness' : 'sequence',
        stream: STREAM,
        seq,
      })
    },
  )

  it('are found missing by the leaf index too', () => {
    const evidence = withRecords(sound.records.filter((_, at) => at !== leafOf(1)))
    expect(verifyEvidence(evidence).faults).toContainEqual(
      expect.objectContaining({
        check: 'sequence',
        leafIndex: leafOf(1) + 1,
        message: expect.stringContaining('contiguous'),
      }),
    )
  })

  it('are named by the leaf indexes that they had, in the middle and at the end', () => {
    const gone = [leafOf(1), sound.records.length - 1]
    const records = sound.records.filter((_, at) => !gone.includes(at))
    const { faults } = verifyEvidence({ ...sound, records })
    expect(faults.map(({ leafIndex }) => leafIndex)).toEqual(expect.arrayContaining(gone))
  })

  it('are found cut off at the end by the signed head, also when batches and counts are cut with them', () => {
    const evidence: Evidence = {
      ...withRecords(renumbered(sound.records.filter(({ stream, seq }) => stream !== STREAM || seq < 4))),
      streams: withStream(({ batches }) => ({ nextSeq: 4, batches: batches.slice(0, 2) })).streams,
    }
    expect(checksOf(evidence)).toEqual([{ check: 'completeness', stream: STREAM, seq: 4 }])
  })

  it('are found cut off at the end by the signed batches, also without a head', () => {
    const evidence: Evidence = {
      ...withStream(() => ({ nextSeq: 3, head: null })),
      records: renumbered(sound.records.filter(({ stream, seq }) => stream !== STREAM || seq < 3)),
    }
    expect(checksOf(evidence)).toContainEqual({ check: 'completeness', stream: STREAM, seq: 3 })
  })

  it('are found swapped', () => {
    const [one, two] = [present(sound.records[leafOf(1)]), present(sound.records[leafOf(2)])]
    const evidence = withRecords(
      sound.records.map((record) => {
        if (record === one) return { ...record, bytes: two.bytes }
        return record === two ? { ...record, bytes: one.bytes } : record
      }),
    )
    const { faults } = verifyEvidence(evidence)
    expect(isNamed(faults, one) && isNamed(faults, two)).toBe(true)
  })

  it('are found out of order', () => {
    expect(verifyEvidence(withRecords(sound.records.toReversed())).holds).toBe(false)
  })

  it('are found duplicated', () => {
    const copy = present(sound.records[leafOf(1)])
    const evidence = withRecords(renumbered([...sound.records, copy]))
    expect(verifyEvidence(evidence).faults).toEqual([
      expect.objectContaining({ check: 'sequence', stream: STREAM, seq: 1, leafIndex: sound.records.length }),
    ])
  })

  it('are found foreign when they are of a stream that is not listed', () => {
    const [foreign] = framesOf(FOREIGN_STREAM, 1, `ten_${'9'.repeat(26)}`)
    const evidence = withRecords([...sound.records, { leafIndex: 8, ...present(foreign) }])
    expect(checksOf(evidence)).toEqual([{ check: 'form', stream: FOREIGN_STREAM, seq: 0 }])
  })

  it('are found foreign when the whole stream is of another tenant', () => {
    const foreign = framesOf(FOREIGN_STREAM, 1, `ten_${'9'.repeat(26)}`)
    const evidence: Evidence = {
      ...withRecords(renumbered([...sound.records, ...foreign.map((frame) => ({ leafIndex: 0, ...frame }))])),
      streams: [...sound.streams, evidenceStream(foreign, 2)],
    }
    expect(verifyEvidence(evidence).faults).toEqual([
      expect.objectContaining({
        check: 'form',
        stream: FOREIGN_STREAM,
        message: expect.stringContaining('another tenant'),
      }),
    ])
  })

  it('are found foreign when they take the place of another', () => {
    const at = leafOf(0)
    const { bytes } = sealRecord(fields(77), startOfStream(STREAM))
    expect(checksOf(withBytes(at, bytes))).toEqual([{ check: 'chain', stream: STREAM, seq: 0 }])
  })

  it('are found added behind the end', () => {
    const evidence: Evidence = {
      ...sound,
      streams: [evidenceStream(frames.slice(0, 4), 2), ...sound.streams.slice(1)],
    }
    expect(checksOf(evidence)).toEqual([
      { check: 'completeness', stream: STREAM, seq: 4 },
      { check: 'signature', stream: STREAM, seq: 4 },
      { check: 'chain', stream: STREAM, seq: 4 },
    ])
  })

  it('are found when a whole run was rewritten with a chain of its own', () => {
    const forged = framesOf(STREAM, 5).map((frame) => frame.bytes)
    let position = startOfStream(STREAM)
    for (const seq of [0, 1, 2]) {
      const sealed = sealRecord(fields(90 + seq), position)
      forged[seq] = sealed.bytes
      position = { stream: STREAM, seq: seq + 1, prev: sealed.sha256 }
    }
    const evidence = withRecords(
      sound.records.map((record) =>
        record.stream === STREAM ? { ...record, bytes: forged[record.seq] ?? '' } : record,
      ),
    )
    expect(checksOf(evidence)).toEqual([
      { check: 'chain', stream: STREAM, seq: 1 },
      { check: 'chain', stream: STREAM, seq: 2 },
    ])
  })
})

/** Evidence made by who holds it: records, batches, counts and leaf indexes fit each other. */
function cutTo(kept: number, head: EvidenceStream['head']): Evidence {
  const [short] = evidenceOf(frames.slice(0, kept), []).streams
  return {
    ...withRecords(renumbered(sound.records.filter(({ stream, seq }) => stream !== STREAM || seq < kept))),
    streams: [{ ...present(short), head }, present(sound.streams[1])],
  }
}

describe('evidence that leaves something out and fits all the same', () => {
  it('does not hold when the tail and the head of a stream are gone', () => {
    expect(verifyEvidence(cutTo(2, null)).faults).toEqual([
      expect.objectContaining({
        check: 'completeness',
        stream: STREAM,
        seq: 1,
        decisionId: 'dec_00000000000000000000000001',
      }),
    ])
  })

  it.each([0, 300_000, 300_001, 86_400_000])(
    'holds with a head %i ms older than a record up to 5 minutes',
    (lagMs) => {
      const at = new Date(Date.parse(AT) - lagMs).toISOString()
      const head = signHead({ stream: STREAM, nextSeq: 1, headHash: hashOf(frames[0]?.bytes ?? ''), at }, KEY)
      const { faults } = verifyEvidence(cutTo(2, head))
      expect(faults.map(({ check, seq }) => [check, seq])).toEqual(
        lagMs > 300_000 ? [['completeness', 0]] : [],
      )
    },
  )

  it('holds however long ago the node went away', () => {
    expect(verifyEvidence({ ...sound, exportedAt: '2036-11-20T10:00:00.000Z' }).faults).toEqual([])
  })

  it.each([
    ['one stream', [present(sound.streams[0])]],
    ['every stream', []],
  ])('does not hold against the size of the log when %s is gone', (_, streams) => {
    const listed = streams.map(({ stream }) => stream)
    const records = renumbered(sound.records.filter(({ stream }) => listed.includes(stream)))
    expect(verifyEvidence({ ...sound, streams, records }).faults).toEqual([
      expect.objectContaining({
        check: 'completeness',
        stream: null,
        message: `the log counts 8 records and the evidence holds ${records.length}`,
      }),
    ])
  })

  it('does not hold when the leaf indexes do not start at 0', () => {
    const records = sound.records.map((record) => ({ ...record, leafIndex: record.leafIndex + 1 }))
    expect(checksOf(withRecords(records))).toEqual([
      { check: 'sequence', stream: STREAM, seq: 0 },
      { check: 'sequence', stream: null, seq: null },
    ])
  })

  it('does not hold for another tenant than that of its streams, whatever the tenant is called', () => {
    for (const tenant of [`ten_${'9'.repeat(26)}`, 'acme', ''])
      expect(verifyEvidence({ ...sound, tenant }).faults.map(({ check }) => check)).toEqual(['form', 'form'])
  })
})

describe('a history that was rewritten with a key of its own', () => {
  it('holds for who knows no key and says so, and not for who knows one', () => {
    const key = nodeKey(8)
    const forged: Evidence = {
      ...evidenceOf(frames, []),
      nodes: [{ node: NODE, publicKey: rawPublicKey(key) }],
      streams: [evidenceStream(frames, 2, key)],
    }
    expect(verifyEvidence(forged)).toMatchObject({ holds: true, unpinnedNodes: [NODE] })
    expect(checksOfKnown(forged)).toEqual(['signature'])
  })
})

const checksOfKnown = (evidence: Evidence) =>
  verifyEvidence(evidence, [{ node: NODE, publicKey: PUBLIC_KEY }]).faults.map(({ check }) => check)

describe('signatures that do not fit', () => {
  const signatureFault = expect.objectContaining({ check: 'signature', stream: STREAM })

  it('are found when another key signed the batches', () => {
    const { batches } = evidenceStream(frames, 2, nodeKey(8))
    expect(verifyEvidence(withStream(() => ({ batches }))).faults).toContainEqual(signatureFault)
  })

  it('are found when another key signed the head', () => {
    const { head } = evidenceStream(frames, 2, nodeKey(8))
    expect(verifyEvidence(withStream(() => ({ head }))).faults).toEqual([
      expect.objectContaining({
        check: 'signature',
        stream: STREAM,
        seq: 4,
        decisionId: 'dec_00000000000000000000000004',
      }),
    ])
  })

  it('are found when the head is that of another stream', () => {
    expect(
      verifyEvidence(withStream(() => ({ head: sound.streams[1]?.head ?? null }))).faults,
    ).toContainEqual(signatureFault)
  })

  it('are found when a batch is left out', () => {
    const evidence = withStream(({ batches }) => ({ batches: batches.slice(1) }))
    expect(verifyEvidence(evidence).faults).toEqual([
      expect.objectContaining({
        check: 'signature',
        stream: STREAM,
        seq: 0,
        message: 'no signed batch holds records 0 to 1',
      }),
    ])
  })

  it('are found when nothing signs the stream any more', () => {
    const { faults } = verifyEvidence(withStream(() => ({ batches: [], head: null })))
    expect(faults.map(({ check }) => check)).toEqual(['completeness', 'signature', 'chain'])
  })

  it('are found when the key of the node is missing or given twice', () => {
    expect(verifyEvidence({ ...sound, nodes: [] }).faults).toContainEqual(signatureFault)
    const twice = [...sound.nodes, { node: NODE, publicKey: rawPublicKey(nodeKey(8)) }]
    expect(verifyEvidence({ ...sound, nodes: twice }).holds).toBe(false)
  })

  it('are found when a node signed two histories', () => {
    const forked = framesOf(STREAM, 4)
    const last = sealRecord(fields(50), { stream: STREAM, seq: 4, prev: hashOf(forked[3]?.bytes ?? '') })
    const head = signHead({ stream: STREAM, nextSeq: 5, headHash: last.sha256, at: AT }, KEY)
    expect(verifyEvidence(withStream(() => ({ head }))).faults).toEqual([
      expect.objectContaining({ check: 'chain', stream: STREAM, seq: 4 }),
    ])
  })

  it('are found when a node says what points say and what the platform says', () => {
    const told = { ...fields(50), kind: 'found', outcome: 'allow' } as const
    const before = framesOf(STREAM, 4)
    const prev = hashOf(before[3]?.bytes ?? '')
    const last = { stream: STREAM, seq: 4, bytes: sealRecord(told, { stream: STREAM, seq: 4, prev }).bytes }
    const all = [...before, last]
    const evidence = {
      ...sound,
      streams: [evidenceStream(all, 2)],
      records: all.map((frame, leafIndex) => ({ ...frame, leafIndex })),
      logSize: all.length,
    }
    expect(verifyEvidence(evidence).faults).toEqual([
      expect.objectContaining({ check: 'form', stream: STREAM, seq: 4, leafIndex: 4 }),
    ])
  })

  it('are found when a stream is listed twice', () => {
    expect(verifyEvidence({ ...sound, streams: [...sound.streams, ...sound.streams] }).holds).toBe(false)
  })

  it('end in an answer that fits the wire', () => {
    const verification = verifyEvidence(withStream(() => ({ batches: [], head: null })))
    expect(Verification.parse(verification)).toEqual(verification)
  })
})

const numbered = (prefix: string, at: number) => `${prefix}_${String(at).padStart(26, '0')}`

describe('evidence that is verified in steps', () => {
  it('gives way at each record, each signature of a batch and each stream, and comes to the same end', () => {
    const steps = verifyEvidenceInSteps(sound)
    let [turns, step] = [0, steps.next()]
    for (; step.done !== true; step = steps.next()) turns += 1
    const batches = sound.streams.flatMap((stream) => stream.batches)
    expect(turns).toBe(sound.records.length + batches.length + sound.streams.length)
    expect(step.value).toEqual(verifyEvidence(sound))
  })

  it('of many streams and nodes costs for each as much as for the first', () => {
    const numbers = Array.from({ length: 60_000 }, (_, at) => at)
    const many = EvidenceSchema.parse({
      ...sound,
      logSize: 0,
      records: [],
      nodes: numbers.map((at) => ({ node: numbered('nod', at), publicKey: PUBLIC_KEY })),
      streams: numbers.map((at) => ({
        stream: `${numbered('nod', at)}:${numbered('boo', at)}:${sound.tenant}`,
        nextSeq: 0,
        head: null,
        batches: [],
      })),
    })
    const begun = performance.now()
    expect(verifyEvidence(many)).toMatchObject({ holds: true, streams: 60_000 })
    expect(performance.now() - begun).toBeLessThan(10_000)
  })
})
