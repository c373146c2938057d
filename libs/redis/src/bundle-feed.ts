import { setTimeout as delay } from 'node:timers/promises'
import { BundleChange } from '@writ/contracts'
import type { RedisLink } from './connect.ts'
import { bundleKey, CHANGES, HEARTBEAT } from './keys.ts'

/** The published bundle of a tenant, as signed and not yet verified. */
export type BundleHead = { readonly version: number; readonly jws: string }

/** `resync`: changes may have been missed; read the head of every tenant at hand again. `id` is where to go on from. */
export type FeedStep =
  | { readonly kind: 'changed'; readonly id: string; readonly change: BundleChange }
  | { readonly kind: 'resync'; readonly id: string }

/** Gateway side of bundle distribution. Nothing that comes from here is trusted before `openBundle`. */
export type BundleFeed = {
  /** Null when Redis holds no bundle of this tenant. Rejects when Redis does not answer. */
  readonly head: (slug: string) => Promise<BundleHead | null>
  /** The signed heartbeat; null when there is none. Rejects when Redis does not answer. */
  readonly heartbeat: () => Promise<string | null>
  /** Where the stream of changes ends now. Take it before reading heads, then follow from it: no change is missed. */
  readonly position: () => Promise<string>
  /**
   * Reports each change after a position, in order, one at a time, until `signal` aborts; then settles. Goes on through
   * lost connections. Rejects only when `onStep` does.
   */
  readonly follow: (
    afterId: string,
    onStep: (step: FeedStep) => Promise<void> | void,
    signal: AbortSignal,
  ) => Promise<void>
}

const START = '0-0'
const BLOCK_MS = 2_000
const READ_TIMEOUT_MS = 3 * BLOCK_MS
const RETRY_MS = 200
const PAGE = 256

export function createBundleFeed(redis: RedisLink): BundleFeed {
  return {
    head: async (slug) => {
      const [version, jws] = await redis.client.hmget(bundleKey(slug), 'version', 'jws')
      return version == null || jws == null ? null : { version: Number(version), jws }
    },
    heartbeat: () => redis.client.get(HEARTBEAT),
    position: () => lastId(redis.client),
    follow: (afterId, onStep, signal) => follow(redis, afterId, onStep, signal),
  }
}

type Client = RedisLink['client']

async function follow(
  redis: RedisLink,
  afterId: string,
  onStep: (step: FeedStep) => Promise<void> | void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return
  const link = redis.another('blocking')
  link.client.options.commandTimeout = READ_TIMEOUT_MS
  const hangUp = (): void => link.client.disconnect()
  signal.addEventListener('abort', hangUp, { once: true })
  let cursor = afterId
  try {
    while (!signal.aborted)
      for (const step of await nextSteps(link.client, cursor, signal)) {
        await onStep(step)
        cursor = step.id
      }
  } finally {
    signal.removeEventListener('abort', hangUp)
    if (!signal.aborted) hangUp()
  }
}

/** Empty after a quiet while, when the connection failed, and when `signal` aborted. */
async function nextSteps(client: Client, cursor: string, signal: AbortSignal): Promise<readonly FeedStep[]> {
  try {
    const entries = await entriesAfter(client, cursor)
    if (await isContinuous(client, cursor)) return entries.map(stepOf)
    return [{ kind: 'resync', id: await lastId(client) }]
  } catch {
    // a connection that is ready and yet failed is open and dead, or of no use
    if (client.status === 'ready' && !signal.aborted) client.disconnect(true)
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined)
    return []
  }
}

type StreamEntry = [id: string, fields: string[]]

async function entriesAfter(client: Client, cursor: string): Promise<StreamEntry[]> {
  const answer = await client.xread('COUNT', PAGE, 'BLOCK', BLOCK_MS, 'STREAMS', CHANGES, cursor)
  return answer?.[0]?.[1] ?? []
}

/**
 * The entry that was read last must still be there after reading on from it. Trimmed past it, flushed, or replaced by a
 * replica that had less: each of them shows as its absence.
 */
async function isContinuous(client: Client, cursor: string): Promise<boolean> {
  return cursor === START || (await client.xrange(CHANGES, cursor, cursor)).length === 1
}

async function lastId(client: Client): Promise<string> {
  const [last] = await client.xrevrange(CHANGES, '+', '-', 'COUNT', 1)
  return last?.[0] ?? START
}

function stepOf([id, fields]: StreamEntry): FeedStep {
  const members = new Map<string, string>()
  for (let at = 0; at + 1 < fields.length; at += 2) members.set(fields[at] ?? '', fields[at + 1] ?? '')
  const change = BundleChange.safeParse({
    seq: Number(members.get('seq')),
    tenant: members.get('tenant'),
    version: Number(members.get('version')),
  })
  return change.success ? { kind: 'changed', id, change: change.data } : { kind: 'resync', id }
}
