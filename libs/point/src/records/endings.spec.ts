import { afterEach, describe, expect, it } from '@jest/globals'
import type { Durability } from '@writ/contracts'
import { createGate, until } from '../gate.fixture.ts'
import type { Gate } from '../gate.fixture.ts'
import { receivedOf } from '../sample.fixture.ts'
import { entryOf, givenLedger, kindsOf } from './durability.fixture.ts'
import type { SpoolFile } from './spool-disk.ts'
import { boot, failing, openSpool, put, removeFolders, seqsOf, stream, withRoom } from './spool.fixture.ts'
import type { Wrap } from './spool.fixture.ts'

afterEach(removeFolders)

const STANDARD = stream('S', 'U')
const errorOf = (code: string): Error => Object.assign(new Error(code), { code })

/** Calls, each with a decision of its own, so that it shows how often the end of each is told. */
const callsOf = (durability: Durability, first: number, count: number) =>
  Array.from({ length: count }, (_, at) =>
    entryOf(durability, {
      received: receivedOf({ decisionId: `dec_${String(first + at).padStart(26, '0')}` }),
    }),
  )

/** How often the end of each call stands in what a start after a crash finds. */
async function endsIn(folder: string): Promise<string[]> {
  const { spool } = await openSpool({}, { folder, mark: 'Z' })
  const closed = (await kindsOf(spool)).filter(({ kind }) => kind === 'closed')
  return closed.map(({ decisionId }) => decisionId).toSorted()
}

const decisionsOf = (calls: ReturnType<typeof callsOf>) => calls.map(({ received }) => received.decisionId)

type Fault = { readonly sync: string; readonly write: 'short' | 'ENOSPC' | 'whole'; readonly share: number }

/** A disk on which a sync of the lane `standard` fails while a write of it is on its way, of which it takes a share. */
function crossing({ sync, write, share }: Fault) {
  const state = { breaks: { sync: false, write: false }, isSyncing: false, isWriting: false }
  const gates: Record<'sync' | 'write', Gate> = { sync: createGate(), write: createGate() }
  const broken = (file: SpoolFile): SpoolFile => ({
    ...file,
    sync: async () => {
      if (!state.breaks.sync) return file.sync()
      state.isSyncing = true
      await gates.sync.passed
      throw errorOf(sync)
    },
    write: async (bytes) => {
      if (!state.breaks.write) return file.write(bytes)
      const taken = await file.write(bytes.subarray(0, Math.ceil(share * bytes.length)))
      state.isWriting = true
      await gates.write.passed
      if (write === 'ENOSPC') throw errorOf('ENOSPC')
      return taken
    },
  })
  const wrap: Wrap = (disk) => ({
    ...disk,
    remove: async (name) => {
      if (name === 'reserve') state.breaks = { sync: false, write: false }
      return disk.remove(name)
    },
    create: async (name, durability) => {
      const file = await disk.create(name, durability)
      return durability === 'at-sync' ? broken(file) : file
    },
  })
  /** Begins a write while a sync is on its way, lets the sync fail, and then the write come to its end. */
  const cross = async <T>(begin: () => T): Promise<T> => {
    await until(() => state.isSyncing)
    state.breaks.write = true
    const written = begin()
    await until(() => state.isWriting)
    gates.sync.open()
    await new Promise((later) => setTimeout(later, 20))
    gates.write.open()
    return written
  }
  return { state, wrap, cross }
}

describe('a sync that fails while a write is on its way', () => {
  it.each<[Fault['write'], number]>([
    ['short', 0.5],
    ['short', 0.9],
    ['ENOSPC', 0.5],
    ['ENOSPC', 1],
    ['whole', 1],
  ])(
    'leaves no end of a call twice on a full disk, the write %s with a share of %p',
    async (write, share) => {
      const { state, wrap, cross } = crossing({ sync: 'ENOSPC', write, share })
      const { ledger, folder } = await givenLedger({}, wrap)
      const calls = callsOf('standard', 0, 6)
      state.breaks.sync = true
      for (const call of calls) expect(await ledger.open(call)).toBeNull()
      const closing = await cross(() => calls.map((call) => ledger.close(call)))
      expect(await Promise.all(closing)).toEqual(calls.map(() => null))
      expect(await endsIn(folder)).toEqual(decisionsOf(calls))
    },
  )

  it('lets nothing be shipped that was never synced, and nothing be found that was refused', async () => {
    const { state, wrap, cross } = crossing({ sync: 'EIO', write: 'whole', share: 1 })
    const { spool, folder } = await openSpool({}, { wrap })
    spool.startOver(boot('S'), 'standard')
    state.breaks.sync = true
    expect(await put(spool, 0, STANDARD, 'standard')).toBe(true)
    const late = await cross(() => [put(spool, 1, STANDARD, 'standard')])
    expect(await Promise.all(late)).toEqual([false])
    state.breaks.sync = false
    await new Promise((later) => setTimeout(later, 60))
    expect(spool.heads()).toEqual([])
    expect([...spool.takeLost()]).toEqual([[STANDARD, 1]])
    expect(spool.usedBytes).toBe(0)
    const { spool: again } = await openSpool({}, { folder, mark: 'Z' })
    expect(await seqsOf(again, STANDARD)).toEqual([0])
  })
})

describe('the end of a call that a failing disk may have taken', () => {
  it('is not written anew once its lane goes on with other files, where it could not be taken back', async () => {
    let isBroken = false
    const gate = createGate()
    const { ledger, spool, folder, time } = await givenLedger({}, (disk) => ({
      ...disk,
      create: async (name, durability) => {
        const file = await disk.create(name, durability)
        return {
          ...file,
          write: async (bytes) => {
            const taken = await file.write(bytes)
            if (isBroken) throw errorOf('EIO')
            return taken
          },
          cut: async () => {
            await gate.passed
            throw errorOf('EIO')
          },
        }
      },
    }))
    const [call, other] = callsOf('strict', 0, 2)
    if (!call || !other) throw new Error('two calls')
    expect(await ledger.open(call)).toBeNull()
    isBroken = true
    const closing = ledger.close(call)
    await until(() => spool.isFenced)
    isBroken = false
    expect((await ledger.open(entryOf('strict')))?.code).toBe('record_unavailable')
    time.nowMs += 1000
    expect(await ledger.open(other)).toBeNull()
    gate.open()
    expect((await closing)?.code).toBe('record_unavailable')
    expect(await endsIn(folder)).toEqual(decisionsOf([call]))
  })
})

describe('a disk that is full for both lanes at once', () => {
  it('takes the end of each call of either', async () => {
    const { left, wrap } = withRoom()
    const { ledger, folder } = await givenLedger({}, wrap)
    const calls = [...callsOf('strict', 0, 3), ...callsOf('standard', 3, 3)]
    for (const call of calls) expect(await ledger.open(call)).toBeNull()
    left.bytes = 0
    expect(await Promise.all(calls.map((call) => ledger.close(call)))).toEqual(calls.map(() => null))
    await new Promise((later) => setTimeout(later, 60))
    expect(await endsIn(folder)).toEqual(decisionsOf(calls))
  })
})

describe('a call whose end was not answered', () => {
  it('is under way no longer where its end could not be recorded: the platform says in time that nobody knows', async () => {
    let isBroken = false
    const wrap = failing((file) => ({
      ...file,
      write: async (bytes) => (isBroken ? Promise.reject(errorOf('EIO')) : file.write(bytes)),
    }))
    const { ledger } = await givenLedger({}, wrap)
    const [call, other] = [entryOf('strict'), entryOf('strict')]
    for (const entry of [call, other]) expect(await ledger.open(entry)).toBeNull()
    isBroken = true
    expect((await ledger.close(call))?.code).toBe('record_unavailable')
    expect(ledger.underWay()).toMatchObject([{ stream: other.place?.stream }])
    expect((await ledger.close(other))?.code).toBe('record_unavailable')
    expect(ledger.underWay()).toEqual([])
  })

  it('is under way no longer where the ledger did not have its end in time: it is on the disk', async () => {
    const { ledger, spool } = await givenLedger()
    const call = entryOf('strict-remote')
    const opening = ledger.open(call)
    await until(() => spool.awaited.streams().length === 1)
    for (const awaited of spool.awaited.streams()) await spool.confirm(awaited, 3)
    expect(await opening).toBeNull()
    expect(ledger.underWay()).toHaveLength(1)
    expect((await ledger.close(call))?.code).toBe('record_unavailable')
    expect(ledger.underWay()).toEqual([])
  })
})
