import { crc32 } from 'node:zlib'
import type { StreamId } from '@writ/contracts'

export const PREFIX = 'writ'
/** What all batches went through once; in Postgres they still do. */
export const FORMER_QUEUE = 'records'
/** A stream is always in the same one, and each is worked off in its order: so is every stream, and none waits for all others. */
export const SHARDS: readonly string[] = Array.from({ length: 16 }, (_, shard) => `records-${shard}`)

export const shardOf = (stream: StreamId): string => SHARDS[crc32(stream) % SHARDS.length] ?? FORMER_QUEUE
