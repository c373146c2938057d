import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { BundleFeed, FeedStep } from './bundle-feed.ts'
import { createBundleFeed } from './bundle-feed.ts'
import type { BundlePublisher } from './bundle-publisher.ts'
import { createBundlePublisher } from './bundle-publisher.ts'
import type { RedisLink } from './connect.ts'
import { connectRedis } from './connect.ts'
import type { Gate } from './test-services.ts'
import { eventually, openGate, testRedisUrl } from './test-services.ts'

const failing = (): void => {
  throw new Error('a bug of the listener')
}

let redis: RedisLink
let publisher: BundlePublisher
let feed: BundleFeed
let seq = 0

beforeAll(async () => {
  redis = connectRedis(testRedisUrl(11))
  await redis.whenReady(5_000)
  publisher = createBundlePublisher(redis)
  feed = createBundleFeed(redis)
})
beforeEach(async () => {
  await redis.client.flushdb()
})
afterAll(() => redis.close())

const publish = (tenant: string, version: number, by = publisher): Promise<string> =>
  by.publish({ tenant, version, seq: (seq += 1), jws: `${tenant}-${version}` })

describe('publishing a bundle', () => {
  it('sets the head that gateways read', async () => {
    expect(await publish('acme', 3)).toBe('published')
    expect(await feed.head('acme')).toEqual({ version: 3, jws: 'acme-3' })
    expect(await publisher.versionsOf(['acme'])).toEqual([3])
  })

  it('knows no head of a tenant that has none', async () => {
    expect(await feed.head('nobody')).toBeNull()
    expect(await publisher.versionsOf(['nobody'])).toEqual([0])
  })

  it('knows the versions of more tenants than are asked for at once, in their order', async () => {
    const slugs = Array.from({ length: 1201 }, (_, at) => `t${at}`)
    await publish('t700', 7)
    await publish('t1200', 12)
    const versions = await publisher.versionsOf(slugs)
    expect([versions.length, versions[0], versions[700], versions[1200]]).toEqual([1201, 0, 7, 12])
  })

  it.each([
    ['the head', 'writ:bundle:acme'],
    ['the stream of changes', 'writ:changes'],
  ])('writes anew what is no longer what we put there, and says so: %s', async (_, key) => {
    await redis.client.set(key, 'somebody else')
    expect(await publisher.versionsOf(['other', 'acme'])).toEqual([0, 0])
    expect(await publish('acme', 3)).toBe('mended')
    expect(await feed.head('acme')).toEqual({ version: 3, jws: 'acme-3' })
    expect(await redis.client.xlen('writ:changes')).toBe(1)
    expect(await publish('acme', 4)).toBe('published')
  })

  it('writes anew a head whose version is no number', async () => {
    await redis.client.hset('writ:bundle:acme', 'version', 'nine')
    expect(await publisher.versionsOf(['acme'])).toEqual([0])
    expect(await publish('acme', 3)).toBe('published')
    expect(await feed.head('acme')).toEqual({ version: 3, jws: 'acme-3' })
  })

  it('withdraws a head that is no longer what we put there', async () => {
    await redis.client.set('writ:bundle:acme', 'somebody else')
    await publisher.withdraw({ tenant: 'acme', version: 3, seq: 3 })
    expect(await redis.client.exists('writ:bundle:acme')).toBe(0)
  })

  it.each([3, 2])('never takes a head from version 3 to %i', async (version) => {
    await publish('acme', 3)
    const before = await redis.client.xlen('writ:changes')
    expect(await publisher.publish({ tenant: 'acme', version, seq: 99, jws: 'forged' })).toBe('outdated')
    expect(await feed.head('acme')).toEqual({ version: 3, jws: 'acme-3' })
    expect(await redis.client.xlen('writ:changes')).toBe(before)
  })

  it('compares versions as numbers', async () => {
    await publish('acme', 9)
    expect(await publish('acme', 10)).toBe('published')
  })

  it('ends at the highest version with rising steps, however many publish at once', async () => {
    const links = Array.from({ length: 4 }, () => connectRedis(testRedisUrl(11)))
    await Promise.all(links.map((link) => link.whenReady(5_000)))
    const publishers = links.map((link) => createBundlePublisher(link))
    const versions = Array.from({ length: 50 }, (_, at) => ((at * 17) % 50) + 1)
    const answers = await Promise.all(
      publishers.flatMap((by) => versions.map((version) => publish('acme', version, by))),
    )
    expect(await feed.head('acme')).toEqual({ version: 50, jws: 'acme-50' })
    const entries = await redis.client.xrange('writ:changes', '-', '+')
    const published = entries.map(([, members]) => Number(members[members.indexOf('version') + 1]))
    expect(published).toEqual(published.toSorted((a, b) => a - b))
    expect(new Set(published).size).toBe(published.length)
    expect(answers.filter((answer) => answer === 'published')).toHaveLength(published.length)
    await Promise.all(links.map((link) => link.close()))
  })

  it('hints on the channel', async () => {
    const subscriber = redis.another('blocking')
    const hints: string[] = []
    subscriber.client.on('message', (_, hint) => hints.push(hint))
    await subscriber.client.subscribe('writ:changes')
    await publisher.publish({ tenant: 'acme', version: 1, seq: 41, jws: 'x' })
    await eventually(() => hints.length > 0)
    expect(hints).toEqual(['41'])
    await subscriber.close()
  })

  it('carries the heartbeat', async () => {
    expect(await feed.heartbeat()).toBeNull()
    await publisher.beat('signed heartbeat')
    expect(await feed.heartbeat()).toBe('signed heartbeat')
  })

  it('starts again from nothing after a flush', async () => {
    await publish('acme', 7)
    await redis.client.flushdb()
    expect(await publish('acme', 7)).toBe('published')
  })
})

describe('following the changes', () => {
  let gate: Gate
  let far: RedisLink
  let steps: FeedStep[] = []
  let stop = new AbortController()
  let following: Promise<void> = Promise.resolve()

  beforeAll(async () => {
    gate = await openGate(testRedisUrl(11))
    far = connectRedis(gate.url)
    await far.whenReady(5_000)
  })
  afterEach(async () => {
    stop.abort()
    await following
  })
  afterAll(async () => {
    await far.close()
    await gate.close()
  })

  const follow = async (afterId?: string): Promise<void> => {
    steps = []
    stop = new AbortController()
    const from = afterId ?? (await feed.position())
    following = createBundleFeed(far).follow(from, (step) => void steps.push(step), stop.signal)
  }
  const seen = (): string[] =>
    steps.map((step) => (step.kind === 'resync' ? 'resync' : `${step.change.tenant}-${step.change.version}`))
  const expectSeen = async (expected: string[], timeoutMs = 10_000): Promise<void> => {
    await eventually(() => seen().length >= expected.length, timeoutMs)
    expect(seen()).toEqual(expected)
  }

  it('reports each change once, in order, with its sequence number', async () => {
    await follow()
    for (const version of [1, 2, 3]) await publish('acme', version)
    await publish('other', 1)
    await expectSeen(['acme-1', 'acme-2', 'acme-3', 'other-1'])
    expect(steps.at(-1)).toMatchObject({ kind: 'changed', change: { seq, tenant: 'other', version: 1 } })
  })

  it('reports what was published between the position and the first read', async () => {
    await publish('acme', 1)
    const position = await feed.position()
    await publish('acme', 2)
    await follow(position)
    await expectSeen(['acme-2'])
  })

  it('reports a change soon', async () => {
    await publish('acme', 1)
    await follow()
    const startedAt = performance.now()
    await publish('acme', 2)
    await expectSeen(['acme-2'])
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  it('misses nothing while the connection is cut', async () => {
    await publish('acme', 1)
    await follow()
    await publish('acme', 2)
    await expectSeen(['acme-2'])
    await gate.cut()
    await publish('acme', 3)
    await publish('acme', 4)
    await gate.restore()
    await expectSeen(['acme-2', 'acme-3', 'acme-4'])
  })

  it('notices a connection that is dead but open', async () => {
    await follow()
    await publish('acme', 1)
    await expectSeen(['acme-1'])
    gate.freeze()
    await publish('acme', 2)
    await expectSeen(['acme-1', 'acme-2'], 12_000)
  }, 15_000)

  it('asks for a resync when Redis was flushed while it was quiet', async () => {
    await publish('acme', 1)
    await follow()
    await redis.client.flushdb()
    await expectSeen(['resync'])
    await publish('acme', 2)
    await expectSeen(['resync', 'acme-2'])
  })

  it('asks for a resync when Redis was flushed and written again at once', async () => {
    await publish('acme', 1)
    await follow()
    await redis.client
      .multi()
      .flushdb()
      .xadd('writ:changes', '*', 'seq', '9', 'tenant', 'acme', 'version', '9')
      .exec()
    await expectSeen(['resync'])
  })

  it('asks for a resync when the stream was trimmed past its position', async () => {
    await publish('acme', 1)
    const position = await feed.position()
    for (const version of [2, 3, 4]) await publish('acme', version)
    await redis.client.xtrim('writ:changes', 'MAXLEN', 1)
    await follow(position)
    await expectSeen(['resync'])
    await publish('acme', 5)
    await expectSeen(['resync', 'acme-5'])
  })

  it('asks for a resync at an entry that it cannot read', async () => {
    await publish('acme', 1)
    await follow()
    await redis.client.xadd('writ:changes', '*', 'seq', 'x')
    await expectSeen(['resync'])
  })

  it('reads a long backlog whole', async () => {
    await publish('acme', 1)
    const position = await feed.position()
    await Promise.all(Array.from({ length: 600 }, (_, at) => publish(`t${at}`, 1)))
    await follow(position)
    await eventually(() => steps.length === 600)
    expect(new Set(seen()).size).toBe(600)
  })

  it('stops soon after it is told to, also in the middle of waiting', async () => {
    await follow()
    const startedAt = performance.now()
    stop.abort()
    await following
    expect(performance.now() - startedAt).toBeLessThan(500)
  })

  it('stops before it begins when it was told so', async () => {
    await expect(feed.follow('0-0', () => undefined, AbortSignal.abort())).resolves.toBeUndefined()
  })

  it('ends with the error of who listens', async () => {
    await publish('acme', 1)
    await expect(feed.follow('0-0', failing, new AbortController().signal)).rejects.toThrow(
      'a bug of the listener',
    )
  })
})
