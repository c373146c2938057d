import type { StreamId } from '@writ/contracts'
import type { RedisLink } from '@writ/redis'

const CHANNEL = 'writ:acks'

/** Tells whoever listens how far a stream is stored. A hint: it may be lost, and the watermark in Postgres is the truth. */
export class Acknowledgements {
  readonly #redis: RedisLink | null

  /** @param redis null in single-node mode, where nobody listens */
  constructor(redis: RedisLink | null) {
    this.#redis = redis
  }

  async publish(stream: StreamId, nextSeq: number): Promise<void> {
    await this.#redis?.client.publish(CHANNEL, JSON.stringify({ stream, nextSeq })).catch(() => undefined)
  }
}
