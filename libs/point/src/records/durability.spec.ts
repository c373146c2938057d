import { afterEach, describe, expect, it } from '@jest/globals'
import { Refusal } from '@writ/contracts'
import { currentBundleOf } from '@writ/enforcement'
import { until } from '../gate.fixture.ts'
import { bundleOf, id, receivedOf } from '../sample.fixture.ts'
import {
  entryOf,
  fill,
  FILLER,
  givenLedger as given,
  kindsOf,
  recordsOf,
  SMALL,
} from './durability.fixture.ts'
import { openSpool, removeFolders, withRoom } from './spool.fixture.ts'
import type { Wrap } from './spool.fixture.ts'

afterEach(removeFolders)

/** A disk whose lane `standard` fails to sync for a while. */
const brokenWhile =
  (isBroken: () => boolean): Wrap =>
  (disk) => ({
    ...disk,
    create: async (name, durability) => {
      const file = await disk.create(name, durability)
      if (durability !== 'at-sync') return file
      return { ...file, sync: () => (isBroken() ? Promise.reject(new Error('EIO')) : file.sync()) }
    },
  })

describe('a tenant in strict-remote', () => {
  it('is answered once the ledger has the record', async () => {
    const { ledger, spool } = await given()
    const opening = ledger.open(entryOf('strict-remote'))
    await until(() => spool.awaited.streams().length === 1)
    const [stream] = spool.awaited.streams()
    if (stream) await spool.confirm(stream, 99)
    expect(await opening).toBeNull()
  })

  it('is refused when the ledger does not have it in time, before anything was called, and waits for that once', async () => {
    const { ledger, spool } = await given()
    const entry = entryOf('strict-remote')
    const beganMs = performance.now()
    const refusal = await ledger.open(entry)
    expect(refusal?.code).toBe('record_unavailable')
    expect(entry.opened).toBe(false)
    entry.refusal = refusal ?? new Refusal('internal')
    const waitedMs = performance.now() - beganMs
    expect(await ledger.close(entry)).toBeNull()
    expect(performance.now() - beganMs - waitedMs).toBeLessThan(250)
    expect((await kindsOf(spool)).map(({ kind, refusal: code }) => [kind, code])).toEqual([
      ['opened', null],
      ['closed', 'record_unavailable'],
    ])
  })

  it('does not get an answer whose record the ledger does not have in time', async () => {
    const { ledger, spool } = await given()
    const entry = entryOf('strict-remote', { opened: true })
    expect((await ledger.close(entry))?.code).toBe('record_unavailable')
    expect((await kindsOf(spool)).map(({ kind }) => kind)).toEqual(['closed'])
  })

  it('does not make others wait', async () => {
    const { ledger } = await given()
    const slow = ledger.open(entryOf('strict-remote'))
    const beganMs = performance.now()
    for (let call = 0; call < 5; call += 1) expect(await ledger.open(entryOf('strict'))).toBeNull()
    expect(performance.now() - beganMs).toBeLessThan(290)
    await slow
  })
})

describe('a tenant in standard', () => {
  it('has streams of its own boot, and goes back to its first one in strict', async () => {
    const { ledger, spool } = await given()
    for (const durability of ['strict', 'standard', 'strict'] as const)
      expect(await ledger.open(entryOf(durability))).toBeNull()
    await until(() => spool.heads().length === 2)
    const records = await kindsOf(spool)
    expect(new Set(records.map(({ stream }) => stream)).size).toBe(2)
    expect(records.filter(({ stream }) => stream.includes(id('boo')))).toHaveLength(2)
  })

  it('loses records from 85 per cent on, and says how many; what was begun is closed, and strict loses none', async () => {
    const { ledger, spool, reports } = await given(SMALL)
    const begun = entryOf('standard')
    expect(await ledger.open(begun)).toBeNull()
    await fill(spool, 0.86)
    for (let call = 0; call < 5; call += 1) {
      const entry = entryOf('standard')
      expect(await ledger.open(entry)).toBeNull()
      expect(await ledger.close(entry)).toBeNull()
    }
    expect(await ledger.close(begun)).toBeNull()
    expect(await ledger.open(entryOf('strict'))).toBeNull()
    expect(ledger.shed()).toBe(10)
    await spool.confirm(FILLER, 1_000_000)
    expect(await ledger.open(entryOf('standard'))).toBeNull()
    await until(async () => (await kindsOf(spool)).length === 6)
    const records = await kindsOf(spool)
    const ofStandard = records.filter(({ stream }) => !stream.includes(id('boo')))
    expect(ofStandard.map(({ kind, gap }) => [kind, gap?.state, gap?.records])).toEqual([
      ['opened', undefined, undefined],
      ['gap', 'begun', 0],
      ['closed', undefined, undefined],
      ['gap', 'ended', 10],
      ['opened', undefined, undefined],
    ])
    expect(reports).toContain('records of a tenant in standard were left out')
  })

  it.each(['gateway', 'hooks'] as const)('says of a gap that it is of its channel, %s', async (channel) => {
    const { ledger, spool } = await given(SMALL, undefined, channel)
    await fill(spool, 0.86)
    expect(await ledger.open(entryOf('standard'))).toBeNull()
    await until(async () => (await kindsOf(spool)).length > 0)
    expect((await kindsOf(spool)).map((record) => [record.kind, record.channel])).toEqual([['gap', channel]])
  })

  it('hears that a gap has ended also when it says nothing more', async () => {
    const { ledger, spool } = await given(SMALL)
    await fill(spool, 0.9)
    expect(await ledger.open(entryOf('standard'))).toBeNull()
    await ledger.tend()
    expect((await kindsOf(spool)).filter(({ gap }) => gap?.state === 'ended')).toEqual([])
    await spool.confirm(FILLER, 1_000_000)
    await ledger.tend()
    await until(async () => (await kindsOf(spool)).some(({ gap }) => gap?.state === 'ended'))
  })

  it('hears how many were left out also when the process ends before the spool has room again', async () => {
    const { ledger, spool } = await given(SMALL)
    await fill(spool, 0.9)
    for (let call = 0; call < 3; call += 1) expect(await ledger.open(entryOf('standard'))).toBeNull()
    await ledger.end()
    const said = async () => (await kindsOf(spool)).flatMap(({ gap }) => gap ?? [])
    await until(async () => (await said()).length === 2)
    expect(await said()).toMatchObject([{ state: 'begun' }, { state: 'ended', records: 3 }])
  })

  it('has all of its records ready to be shipped once the process ends, with the word that the stream ends', async () => {
    const { ledger, spool } = await given()
    const call = entryOf('standard')
    expect([await ledger.open(call), await ledger.close(call)]).toEqual([null, null])
    await ledger.end()
    expect((await recordsOf(spool)).map(({ kind }) => kind)).toEqual([
      'stream_opened',
      'applied',
      'opened',
      'closed',
      'stream_closed',
    ])
  })

  it('hears what a disk has lost of what it had taken', async () => {
    let isBroken = true
    const { ledger, spool, reports, time } = await given(
      {},
      brokenWhile(() => isBroken),
    )
    for (let call = 0; call < 3; call += 1) expect(await ledger.open(entryOf('standard'))).toBeNull()
    await until(() => spool.isLaneFenced('standard'))
    isBroken = false
    await new Promise((later) => setTimeout(later, 5))
    await ledger.tend()
    expect(reports).toContain('records that were written may not be on the disk')
    // The lane rests: its stream hears once it writes again.
    time.nowMs += 1000
    await ledger.tend()
    await until(async () => (await kindsOf(spool)).some(({ gap }) => gap?.cause === 'unsynced'))
    const said = (await kindsOf(spool)).flatMap(({ gap }) => gap ?? [])
    expect(said).toMatchObject([{ cause: 'unsynced', state: 'ended', records: 5 }])
    await ledger.tend()
    expect((await kindsOf(spool)).flatMap(({ gap }) => gap ?? [])).toHaveLength(1)
  })

  it('is not told again and again, at once, that a gap has ended while its disk rests', async () => {
    let isBroken = false
    const { ledger, spool, time } = await given(
      SMALL,
      brokenWhile(() => isBroken),
    )
    await fill(spool, 0.9)
    isBroken = true
    expect(await ledger.open(entryOf('standard'))).toBeNull()
    await until(() => spool.isLaneFenced('standard'))
    await spool.confirm(FILLER, 1_000_000)
    Object.assign(time, { asked: 0, stepMs: 1 })
    await ledger.tend()
    expect(time.asked).toBeLessThan(50)
    isBroken = false
    time.nowMs += 1000
    await ledger.tend()
    await until(async () => (await kindsOf(spool)).some(({ gap }) => gap?.cause === 'shed'))
  })
})

describe('a disk that is full while calls are under way', () => {
  it('takes the end of each of them all the same, and nothing else begins', async () => {
    const { left, wrap } = withRoom()
    const { ledger, spool } = await given({}, wrap)
    const begun = Array.from({ length: 6 }, () => entryOf('strict'))
    for (const entry of begun) expect(await ledger.open(entry)).toBeNull()
    const late = entryOf('strict')
    expect(await ledger.open(late)).toBeNull()
    left.bytes = 0
    // One that ends while room is being made for another.
    const opening = ledger.open(entryOf('strict'))
    await until(() => spool.isFenced)
    expect(await ledger.close(late)).toBeNull()
    expect((await opening)?.code).toBe('record_unavailable')
    expect(await Promise.all(begun.map((entry) => ledger.close(entry)))).toEqual(begun.map(() => null))
    expect((await ledger.open(entryOf('strict')))?.code).toBe('record_unavailable')
    const closed = (await kindsOf(spool)).filter(({ kind }) => kind === 'closed')
    expect(closed).toHaveLength(7)
    left.bytes = 1e12
    for (let round = 0; round < 200 && !spool.hasRoom('ordinary'); round += 1) {
      await ledger.tend()
      await new Promise((later) => setTimeout(later, 10))
    }
    expect(await ledger.open(entryOf('strict'))).toBeNull()
  })

  it.each(['short', 'ENOSPC'] as const)(
    'tells the end of each once, also after a crash, however much of it the disk had taken: %s',
    async (fault) => {
      for (const share of [0.2, 0.5, 0.8, 1]) {
        const { ledger, folder, begun } = await givenEnds(fault, share)
        expect(await Promise.all(begun.map((entry) => ledger.close(entry)))).toEqual(begun.map(() => null))
        const { spool } = await openSpool({}, { folder, mark: 'B' })
        const closed = (await kindsOf(spool)).filter(({ kind }) => kind === 'closed')
        const decisions = begun.map(({ received }) => received.decisionId)
        expect(closed.map(({ decisionId }) => decisionId).toSorted()).toEqual(decisions)
      }
    },
  )
})

const decisionOf = (at: number): `dec_${string}` => `dec_${String(at).padStart(26, '0')}`

/** Six calls that were begun on a disk that is full at the next write, of which it takes so much, until room is made. */
async function givenEnds(fault: 'short' | 'ENOSPC', share: number) {
  let isFull = false
  const { ledger, folder } = await given({}, (disk) => ({
    ...disk,
    remove: async (name) => {
      if (name === 'reserve') isFull = false
      return disk.remove(name)
    },
    create: async (name, durability) => {
      const file = await disk.create(name, durability)
      const write = async (bytes: Uint8Array): Promise<number> => {
        if (!isFull) return file.write(bytes)
        const taken = Math.floor(share * (bytes.length - 1))
        await file.write(bytes.subarray(0, taken))
        if (fault === 'short') return taken
        throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
      }
      return { ...file, write }
    },
  }))
  const begun = Array.from({ length: 6 }, (_, at) =>
    entryOf('strict', { received: receivedOf({ decisionId: decisionOf(at) }) }),
  )
  for (const entry of begun) expect(await ledger.open(entry)).toBeNull()
  isFull = true
  return { ledger, folder, begun }
}

describe('a spool that is full', () => {
  it('refuses a tenant in strict before anything is called, and takes the end of what was begun', async () => {
    const { ledger, spool } = await given(SMALL)
    const begun = entryOf('strict')
    expect(await ledger.open(begun)).toBeNull()
    while (spool.hasRoom('ordinary')) await fill(spool, spool.usedBytes / spool.boundBytes + 0.001)
    expect((await ledger.open(entryOf('strict')))?.code).toBe('record_unavailable')
    expect((await ledger.open(entryOf('strict-remote')))?.code).toBe('record_unavailable')
    expect(await ledger.close(begun)).toBeNull()
  })

  it('says by which bundle it decides once it has room again, before anything that was decided by it', async () => {
    const { ledger, spool } = await given(SMALL)
    expect(await ledger.open(entryOf('strict'))).toBeNull()
    while (spool.hasRoom('ordinary')) await fill(spool, spool.usedBytes / spool.boundBytes + 0.001)
    for (const version of [8, 9]) ledger.applied(currentOf(version))
    expect((await ledger.open(entryOf('strict', { current: currentOf(9) })))?.code).toBe('record_unavailable')
    await spool.confirm(FILLER, 1_000_000)
    for (let call = 0; call < 2; call += 1)
      expect(await ledger.open(entryOf('strict', { current: currentOf(9) }))).toBeNull()
    ledger.applied(currentOf(10))
    await until(async () => (await recordsOf(spool)).at(-1)?.bundle?.version === 10)
    expect(
      (await recordsOf(spool)).map(({ kind, bundle, applied }) => [kind, bundle?.version, applied]),
    ).toEqual([
      ['stream_opened', undefined, undefined],
      ['applied', 7, { replaced: null }],
      ['opened', 7, undefined],
      ['applied', 9, { replaced: 7 }],
      ['opened', 9, undefined],
      ['opened', 9, undefined],
      ['applied', 10, { replaced: 9 }],
    ])
  })
})

describe('a stream that the ledger cannot take any more', () => {
  it('is left for a new one, also where another can be taken again at the same time', async () => {
    const { ledger, spool } = await given({ segmentBytes: 1 })
    for (const seq of [0, 1]) await spool.append({ stream: FILLER, seq, bytes: 'x' }, '')
    await spool.confirm(FILLER, 1)
    await spool.confirm(FILLER, 0)
    const [first, second, third] = [entryOf('strict'), entryOf('strict'), entryOf('strict')]
    for (const entry of [first, second]) expect(await ledger.open(entry)).toBeNull()
    const { stream = FILLER, seq = 0 } = second.place ?? {}
    await spool.confirm(stream, seq)
    await spool.confirm(FILLER, 1)
    await spool.confirm(stream, 0)
    expect(spool.heads().map((head) => head.stream)).toEqual([FILLER])
    expect(await ledger.open(third)).toBeNull()
    expect(third.place?.stream).not.toBe(stream)
  })
})

const currentOf = (version: number) => {
  const bundle = bundleOf('acme', version)
  return currentBundleOf(
    { ...bundle, tenant: { ...bundle.tenant, durability: 'strict' } },
    'a'.repeat(64),
    () => true,
  )
}
