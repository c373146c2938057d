import { Injectable } from '@nestjs/common'
import type { BeforeApplicationShutdown } from '@nestjs/common'
import type { ApiKeyRow } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { Faults } from '../faults.ts'
import { Tenancy } from './tenancy.ts'

const EVERY_MS = 60_000

/** Notes when a key was last used: at most once a minute, and no request waits for it. */
@Injectable()
export class KeyUse implements BeforeApplicationShutdown {
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    private readonly faults: Faults,
  ) {}

  note(id: string, { tenantId, lastUsedAt }: ApiKeyRow): void {
    const nowMs = this.clock.nowMs()
    if (this.#underWay.has(id) || (lastUsedAt !== null && lastUsedAt.getTime() > nowMs - EVERY_MS)) return
    const written = this.tenancy
      .run({ id: tenantId, slug: '' }, (db) =>
        db.rows(
          `update writ.api_keys set last_used_at = $3
           where tenant_id = $1 and id = $2 and (last_used_at is null or last_used_at <= $4)`,
          [id, new Date(nowMs), new Date(nowMs - EVERY_MS)],
        ),
      )
      .catch((error: unknown) => this.faults.report('the use of an API key was not noted', error))
      .then(() => void this.#underWay.delete(id))
    this.#underWay.set(id, written)
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#underWay.values())
  }
}
