import { describe, expect, it } from '@jest/globals'
import type { StoredLeaf } from '@writ/audit'
import { TenantId } from '@writ/contracts'
import { IndexFeed } from './feed.ts'
import type { FedIndex, FedLedger } from './feed.ts'

const [ADA, BOB] = [tenantOf('A'), tenantOf('B')]

function tenantOf(letter: string): TenantId {
  return TenantId.parse(`ten_${letter.padStart(26, '0')}`)
}

const leafAt = (leafIndex: number, words = `leaf ${leafIndex}`): StoredLeaf => ({
  leafIndex,
  bytes: Buffer.from(words),
  ingestedAt: new Date(0),
})

/** A ledger in memory, from which retention removes. */
class Ledger implements FedLedger {
  readonly logs = new Map<TenantId, { leaves: StoredLeaf[]; size: number; isDeleted: boolean }>()
  readonly gone = new Map<TenantId, number[]>()
  isAway = false

  grow(tenant: TenantId, count: number, words?: string): void {
    const log = this.logs.get(tenant) ?? { leaves: [], size: 0, isDeleted: false }
    for (let more = 0; more < count; more += 1) log.leaves.push(leafAt(log.size++, words))
    this.logs.set(tenant, log)
  }

  retire(tenant: TenantId, from: number, to: number): void {
    const log = this.#log(tenant)
    log.leaves = log.leaves.filter(({ leafIndex }) => leafIndex < from || leafIndex >= to)
    const more = Array.from({ length: to - from }, (_, at) => from + at)
    this.gone.set(tenant, [...(this.gone.get(tenant) ?? []), ...more])
  }

  standing() {
    if (this.isAway) return Promise.reject(new Error('no ledger'))
    return Promise.resolve(
      [...this.logs].map(([tenant, { size, isDeleted }]) => ({
        tenant,
        size,
        isDeleted,
        removed: this.gone.get(tenant)?.length ?? 0,
      })),
    )
  }
  size(tenant: TenantId) {
    return Promise.resolve(this.#log(tenant).size)
  }
  async *leaves(tenant: TenantId, { from, to }: { from: number; to: number }) {
    yield* this.#log(tenant).leaves.filter(({ leafIndex }) => leafIndex >= from && leafIndex < to)
  }
  removed(tenant: TenantId) {
    return Promise.resolve((this.gone.get(tenant) ?? []).map((from) => ({ from, to: from + 1 })))
  }

  #log(tenant: TenantId) {
    const log = this.logs.get(tenant)
    if (!log) throw new Error('no such tenant')
    return log
  }
}

type Rows = Map<number, StoredLeaf | null>

/** An index in memory that can fail, before it did what it was asked for or after it. */
class Index implements FedIndex {
  readonly rows = new Map<TenantId, Rows>()
  readonly places = new Map<TenantId, number>()
  /** calls, in order */
  readonly asked: string[] = []
  fails: (asked: string, tenant: TenantId) => 'before' | 'after' | null = () => null
  removesLate = false

  #of(tenant: TenantId): Rows {
    const rows = this.rows.get(tenant) ?? new Map()
    this.rows.set(tenant, rows)
    return rows
  }
  async #try<T>(asked: string, tenant: TenantId, work: () => T): Promise<T> {
    this.asked.push(asked)
    const fails = this.fails(asked, tenant)
    if (fails === 'before') throw new Error('no index')
    const answer = work()
    if (fails === 'after') throw new Error('no answer')
    return answer
  }
  #place(tenant: TenantId): number {
    return this.places.get(tenant) ?? 0
  }
  #put(tenant: TenantId, leafIndex: number, leaf: StoredLeaf | null): void {
    this.#of(tenant).set(leafIndex, leaf)
    this.places.set(tenant, Math.max(this.#place(tenant), leafIndex + 1))
  }

  load(tenant: TenantId, leaves: readonly StoredLeaf[]) {
    return this.#try('load', tenant, () => {
      for (const leaf of leaves) {
        if (leaf.leafIndex > this.#place(tenant)) throw new Error('a gap')
        this.#put(tenant, leaf.leafIndex, leaf)
      }
    })
  }
  loadedTo(tenant: TenantId) {
    return this.#try('loadedTo', tenant, () => this.#place(tenant))
  }
  forget(tenant: TenantId, { to }: { from: number; to: number }) {
    return this.#try('forget', tenant, () => this.#put(tenant, to - 1, null))
  }
  remove(tenant: TenantId, ranges: readonly { from: number; to: number }[]) {
    return this.#try('remove', tenant, () => {
      if (this.removesLate) return
      for (const { from, to } of ranges)
        for (const leaf of this.#of(tenant).keys())
          if (leaf >= from && leaf < to) this.#put(tenant, leaf, null)
    })
  }
  holds(tenant: TenantId, ranges: readonly { from: number; to: number }[]) {
    return this.#try('holds', tenant, () =>
      this.kept(tenant).some((leaf) => ranges.some(({ from, to }) => leaf >= from && leaf < to)),
    )
  }
  drop(tenant: TenantId) {
    return this.#try('drop', tenant, () => {
      this.rows.delete(tenant)
      this.places.delete(tenant)
    })
  }
  leaf(tenant: TenantId, leafIndex: number) {
    return this.#try('leaf', tenant, () => this.#of(tenant).get(leafIndex) ?? null)
  }

  kept(tenant: TenantId): number[] {
    return [...this.#of(tenant)].filter(([, leaf]) => leaf !== null).map(([leafIndex]) => leafIndex)
  }
}

function given() {
  const ledger = new Ledger()
  const world = { ledger, index: new Index(), name: 'one', isAway: false, nowMs: 0 }
  const newFeed = () =>
    new IndexFeed(
      ledger,
      () =>
        world.isAway
          ? Promise.reject(new Error('away'))
          : Promise.resolve({ name: world.name, index: world.index }),
      () => world.nowMs,
    )
  return { world, ledger, newFeed, feed: newFeed() }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at)

describe('a feed', () => {
  it('brings every log to the index, in order, and asks nothing of it while nothing is new', async () => {
    const { world, ledger, feed } = given()
    ledger.grow(ADA, 2500)
    ledger.grow(BOB, 3)
    expect(await feed.round()).toEqual({ isAway: false, behind: 0, loaded: 2503, foreign: 0, failures: [] })
    expect(world.index.kept(ADA)).toEqual(range(0, 2500))
    world.index.asked.length = 0
    expect(await feed.round()).toMatchObject({ behind: 0, loaded: 0 })
    expect(world.index.asked).toEqual([])
  })

  it('gives every log a turn, however much one of them has', async () => {
    const { world, ledger, feed } = given()
    ledger.grow(ADA, 45_000)
    ledger.grow(BOB, 3)
    expect(await feed.round()).toMatchObject({ behind: 25_000, loaded: 20_003 })
    expect(world.index.kept(BOB)).toEqual([0, 1, 2])
    await feed.round()
    expect(await feed.round()).toMatchObject({ behind: 0, loaded: 5000 })
  })

  it.each(['load', 'loadedTo', 'leaf', 'holds', 'remove', 'forget'])(
    'loses and repeats nothing when the index fails at %s, before it did it or after, again and again',
    async (asked) => {
      const { world, ledger, newFeed } = given()
      let feed = newFeed()
      let calls = 0
      for (let round = 0; round < 40; round += 1) {
        if (round < 20) ledger.grow(ADA, 300)
        if (round === 10) ledger.retire(ADA, 0, 700)
        // What it had not read yet is gone when it comes back to it.
        if (round === 15) ledger.retire(ADA, 4600, 4700)
        world.index.fails = (call) =>
          round < 30 && call === asked ? ([null, 'before', 'after'] as const)[(calls += 1) % 3]! : null
        world.nowMs += 61_000
        await feed.round()
        if (round % 7 === 0) feed = newFeed()
      }
      expect(world.index.kept(ADA)).toEqual([...range(700, 4600), ...range(4700, 6000)])
      expect(calls).toBeGreaterThan(0)
    },
  )

  it('says that the index is away and how far behind it is, and goes on where it was once it is back', async () => {
    const { world, ledger, feed } = given()
    ledger.grow(ADA, 10)
    await feed.round()
    world.isAway = true
    ledger.grow(ADA, 5)
    const away = await feed.round()
    expect([away.isAway, away.behind, away.loaded, away.failures.length]).toEqual([true, 5, 0, 1])
    world.isAway = false
    expect(await feed.round()).toMatchObject({ isAway: false, behind: 0, loaded: 5, failures: [] })
  })

  it('keeps one tenant’s trouble from the others', async () => {
    const { world, ledger, feed } = given()
    ledger.grow(ADA, 5)
    ledger.grow(BOB, 5)
    world.index.fails = (call, tenant) => (call === 'load' && tenant === ADA ? 'before' : null)
    const round = await feed.round()
    expect([round.isAway, round.behind, round.failures.length]).toEqual([false, 5, 1])
    expect(world.index.kept(BOB)).toEqual(range(0, 5))
  })

  it('fails where the ledger cannot be read', async () => {
    const { ledger, feed } = given()
    ledger.isAway = true
    await expect(feed.round()).rejects.toThrow('no ledger')
  })

  it.each([
    ['that it sees', 8, false],
    ['during which it could not be read', 12, true],
  ])(
    'leaves alone what is of a state before the ledger was put back to a copy %s, however much comes after',
    async (_, regrown, isAway) => {
      const { ledger, feed } = given()
      ledger.grow(ADA, 10)
      await feed.round()
      ledger.isAway = isAway
      if (isAway) await expect(feed.round()).rejects.toThrow('no ledger')
      ledger.isAway = false
      ledger.logs.delete(ADA)
      ledger.grow(ADA, 5)
      ledger.grow(ADA, regrown - 5, 'another')
      expect(await feed.round()).toMatchObject({ foreign: 1, loaded: 0 })
      ledger.grow(ADA, 10, 'more')
      expect(await feed.round()).toMatchObject({ foreign: 1, loaded: 0 })
    },
  )

  it('fills an index that was made again from the first leaf', async () => {
    const { world, ledger, feed } = given()
    ledger.grow(ADA, 50)
    await feed.round()
    world.index = new Index()
    world.name = 'two'
    expect(await feed.round()).toMatchObject({ behind: 0 })
    expect(world.index.kept(ADA)).toEqual(range(0, 50))
  })
})

describe('what is gone from the ledger', () => {
  it('goes from the index, and is asked for again only once a minute while that takes its time', async () => {
    const { world, ledger, feed } = given()
    ledger.grow(ADA, 30)
    await feed.round()
    ledger.retire(ADA, 0, 30)
    world.index.removesLate = true
    for (let second = 0; second < 100; second += 1) {
      world.nowMs += 1000
      await feed.round()
    }
    expect(world.index.asked.filter((call) => call === 'remove')).toHaveLength(2)
    world.index.removesLate = false
    world.nowMs += 60_000
    await feed.round()
    expect(world.index.kept(ADA)).toEqual([])
    expect(await feed.round()).toMatchObject({ behind: 0 })
  })

  it('goes also when a process that was held up writes it once more', async () => {
    const { world, ledger, feed } = given()
    ledger.grow(ADA, 30)
    await feed.round()
    ledger.retire(ADA, 0, 10)
    await feed.round()
    await feed.round()
    await world.index.load(ADA, [leafAt(3)])
    world.nowMs += 3_600_000
    await feed.round()
    expect(world.index.kept(ADA)).toEqual(range(10, 30))
  })

  it('goes with its tenant, also when that was deleted while nobody fed the index', async () => {
    const { world, ledger, newFeed, feed } = given()
    ledger.grow(ADA, 30)
    ledger.grow(BOB, 30)
    await feed.round()
    for (const log of ledger.logs.values()) log.isDeleted = true
    expect(await newFeed().round()).toMatchObject({ behind: 0, loaded: 0 })
    expect([world.index.kept(ADA), world.index.kept(BOB)]).toEqual([[], []])
  })
})

describe('an index of another ledger', () => {
  it.each([
    [
      'has other bytes',
      (index: Index) =>
        index.load(
          ADA,
          range(0, 20).map((at) => leafAt(at, 'other')),
        ),
    ],
    [
      'has more',
      (index: Index) =>
        index.load(
          ADA,
          range(0, 31).map((at) => leafAt(at)),
        ),
    ],
    ['lacks what this one has', (index: Index) => index.forget(ADA, { from: 0, to: 20 })],
  ])('that %s is left alone, and said', async (_, fill) => {
    const { world, ledger, feed } = given()
    ledger.grow(ADA, 30)
    ledger.grow(BOB, 5)
    await fill(world.index)
    const before = world.index.kept(ADA)
    expect(await feed.round()).toMatchObject({ isAway: false, foreign: 1, behind: 30, failures: [] })
    expect([world.index.kept(ADA), world.index.kept(BOB)]).toEqual([before, range(0, 5)])
  })
})
