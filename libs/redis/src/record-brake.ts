import type { Redis } from 'ioredis'
import { FORMER_QUEUE, PREFIX, SHARDS } from './record-shards.ts'

/** `memoryShare`: of what the server may use; null where it has no bound. */
export type QueueSample = { readonly depth: number; readonly memoryShare: number | null }

/** From where on nothing is added: batches under way, and share of the server's memory. */
export type BrakeLimits = { readonly depth: number; readonly memoryShare: number }
export const BRAKE_LIMITS: BrakeLimits = { depth: 1000, memoryShare: 0.65 }

export type Brake = 'depth' | 'memory'

const KEY = `${PREFIX}:records:brake`
const ENDED_KEY = `${PREFIX}:records:ended`
/** longer than a worker that is alive is ever silent */
const LIFE_SECONDS = 15
/** a brake that is on goes off this far below its limit */
const CALM = 0.8
const LOOK_EVERY_MS = 500
const LOOK_EVERY_BYTES = 1024 * 1024

/** How full the queues and their server are. */
export async function sampleQueues(client: Redis): Promise<QueueSample> {
  const asked = client.pipeline()
  for (const shard of [FORMER_QUEUE, ...SHARDS]) {
    asked.llen(`${PREFIX}:${shard}:wait`).llen(`${PREFIX}:${shard}:active`)
    asked.zcard(`${PREFIX}:${shard}:delayed`)
  }
  const [memoryShare, answers] = await Promise.all([memoryShareOf(client), asked.exec()])
  const counts = (answers ?? []).map(([error, count]) => {
    if (error) throw error
    return Number(count)
  })
  return { depth: counts.reduce((sum, count) => sum + count, 0), memoryShare }
}

/** What a sample means, the brake being on or off. */
export function brakeOf(
  { depth, memoryShare }: QueueSample,
  limits: BrakeLimits,
  isOn: boolean,
): Brake | null {
  const part = isOn ? CALM : 1
  if (memoryShare !== null && memoryShare >= limits.memoryShare * part) return 'memory'
  return depth >= limits.depth * part ? 'depth' : null
}

/** Says to all producers whether they may add. */
export async function tellBrake(client: Redis, brake: Brake | null): Promise<void> {
  await client.set(KEY, brake ?? 'open', 'EX', LIFE_SECONDS)
}

/** Adds batches that one worker ended to those that all workers did. @returns how many those are, since the server knows of any */
export const tellEnded = (client: Redis, batches: number): Promise<number> =>
  client.incrby(ENDED_KEY, batches)

/**
 * The producer's side: what the workers say, and the memory as it is now, because that can fill up faster than they look. Where no worker
 * says anything it counts for itself.
 */
export function createProducerBrake(
  client: Redis,
  limits: BrakeLimits,
): (addedBytes: number) => Promise<Brake | null> {
  let lookedAtMs = -Infinity
  let addedSince = 0
  let brake: Brake | null = null
  return async (addedBytes) => {
    addedSince += addedBytes
    const nowMs = performance.now()
    if (nowMs - lookedAtMs < LOOK_EVERY_MS && addedSince < LOOK_EVERY_BYTES) return brake
    const [said, memoryShare] = await Promise.all([client.get(KEY), memoryShareOf(client)])
    const depth = said === null ? (await sampleQueues(client)).depth : 0
    lookedAtMs = nowMs
    addedSince = 0
    const own = brakeOf({ depth, memoryShare }, limits, brake !== null)
    brake = own ?? (said === 'depth' || said === 'memory' ? said : null)
    return brake
  }
}

async function memoryShareOf(client: Redis): Promise<number | null> {
  const text = await client.info('memory')
  const of = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1] ?? 0)
  const most = of('maxmemory')
  return most === 0 ? null : of('used_memory') / most
}
