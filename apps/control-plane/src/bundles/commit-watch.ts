import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Injectable } from '@nestjs/common'
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common'
import { Client } from 'pg'
import { Settings } from '../settings.ts'

/** Postgres channel that carries a note, at commit, for every bundle that was minted and every approval that was decided. */
export const COMMIT_CHANNEL = 'writ_changes'

const RECONNECT_MS = 1000
const ANY_COMMIT = 'commit'
const OF_TENANT = 'commit of '
// "writ" and "lead" as numbers: the two halves of the advisory lock.
const LEADER_LOCK = [0x77726974, 0x6c656164] as const

/**
 * One connection of its own to Postgres: it hears of commits, of this control plane and of all others, and holds the
 * leader's lock, which ends with the connection. Not through a transaction pooler.
 */
@Injectable()
export class CommitWatch implements OnModuleInit, OnApplicationShutdown {
  readonly #commits = new EventEmitter().setMaxListeners(0)
  #client: Client | null = null
  #count = 0
  readonly #counts = new Map<string, number>()
  #countOfAll = 0
  #isLeader = false
  #isStopped = false

  constructor(private readonly settings: Settings) {}

  onModuleInit(): void {
    void this.#keepConnected()
  }

  /** Ends every wait, now and later. */
  stop(): void {
    this.#isStopped = true
    this.#wake()
  }

  async onApplicationShutdown(): Promise<void> {
    this.stop()
    await this.#client?.end().catch(() => {})
  }

  /** From then on nothing is waited for. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Whether this process leads, as far as it knows. */
  get leads(): boolean {
    return this.#isLeader
  }

  /** Take it before looking; `changedSince` then misses nothing that commits after the look. */
  get count(): number {
    return this.#count
  }

  /** The same for the commits of one tenant. */
  countOf(slug: string): number {
    return this.#countOfAll + (this.#counts.get(slug) ?? 0)
  }

  /** Ends at the next commit after `count`, or after that time. */
  async changedSince(count: number, limitMs: number): Promise<void> {
    if (this.#count === count) await this.#next(ANY_COMMIT, limitMs)
  }

  /** Ends at that tenant's next commit after `count`, or after that time. */
  async changedSinceOf(slug: string, count: number, limitMs: number): Promise<void> {
    if (this.countOf(slug) === count) await this.#next(`${OF_TENANT}${slug}`, limitMs)
  }

  /** Whether this process leads now; tries to when nobody does. */
  async lead(): Promise<boolean> {
    const client = this.#client
    if (!client || this.#isLeader) return this.#isLeader
    const { rows } = await client.query<{ leads: boolean }>('select pg_try_advisory_lock($1, $2) as leads', [
      ...LEADER_LOCK,
    ])
    this.#isLeader = this.#client === client && rows[0]?.leads === true
    return this.#isLeader
  }

  async #keepConnected(): Promise<void> {
    while (!this.#isStopped) {
      await this.#connection().catch(() => {})
      this.#client = null
      this.#isLeader = false
      if (!this.#isStopped) await pause(RECONNECT_MS, undefined, { ref: false })
    }
  }

  async #connection(): Promise<void> {
    const client = new Client({
      connectionString: this.settings.databaseUrl,
      application_name: 'writ control-plane commits',
      keepAlive: true,
    })
    const isOver = new Promise<void>((resolve) => {
      client.once('end', resolve)
      client.on('error', () => resolve())
    })
    client.on('notification', ({ payload }) => this.#wakeFor(payload))
    try {
      await client.connect()
      await client.query(`listen ${COMMIT_CHANNEL}`)
      this.#client = client
      // What was committed while nobody listened is found by looking again.
      this.#wake()
      if (!this.#isStopped) await isOver
    } finally {
      await client.end()
    }
  }

  async #next(event: string, limitMs: number): Promise<void> {
    if (this.#isStopped || limitMs <= 0) return
    await once(this.#commits, event, { signal: AbortSignal.timeout(limitMs) }).catch(() => {})
  }

  // A note says which tenant it is about.
  #wakeFor(slug: string | undefined): void {
    if (!slug) return this.#wake()
    this.#count += 1
    this.#counts.set(slug, (this.#counts.get(slug) ?? 0) + 1)
    this.#commits.emit(ANY_COMMIT)
    this.#commits.emit(`${OF_TENANT}${slug}`)
  }

  /** Everybody looks: there may be anything. */
  #wake(): void {
    this.#count += 1
    this.#countOfAll += 1
    for (const event of this.#commits.eventNames())
      if (String(event).startsWith(ANY_COMMIT)) this.#commits.emit(event)
  }
}
