import { createClickHouse, createClickHouseIndex, currentTable } from '@writ/clickhouse'
import type { ApartIndex, ClickHouse, ClickHouseSettings } from '@writ/clickhouse'

/** A person waits for the desk, and Postgres can answer too. */
const DESK_TIMEOUT_MS = 3000
/** The table changes only when the index is made again. */
const TABLE_HOLDS_MS = 1000

/** An index that is open; after it was made again it is another one, of another name. */
export type OpenedIndex = { readonly name: string; readonly index: ApartIndex }

/** The index apart from the ledger, where the operator has set one. The feed and the desk each have their own way to it. */
export class IndexLink {
  readonly #feed: Way | null
  readonly #desk: Way | null

  constructor(settings: ClickHouseSettings | null) {
    this.#feed = settings && new Way(settings)
    this.#desk = settings && new Way({ ...settings, timeoutMs: DESK_TIMEOUT_MS })
  }

  get isSet(): boolean {
    return this.#feed !== null
  }

  /** @throws when it cannot be reached */
  forFeed(): Promise<OpenedIndex> {
    return present(this.#feed).open(0)
  }

  /** @throws when it cannot be reached in time for somebody who waits */
  forDesk(): Promise<OpenedIndex> {
    return present(this.#desk).open(TABLE_HOLDS_MS)
  }

  /** Cuts off what the feed waits for. */
  async endFeed(): Promise<void> {
    await this.#feed?.close()
  }

  async close(): Promise<void> {
    await Promise.all([this.#feed?.close(), this.#desk?.close()])
  }
}

class Way {
  readonly #clickHouse: ClickHouse
  #opened: OpenedIndex | null = null
  #askedAtMs = -Infinity

  constructor(settings: ClickHouseSettings) {
    this.#clickHouse = createClickHouse(settings)
  }

  async open(holdsMs: number): Promise<OpenedIndex> {
    const nowMs = performance.now()
    if (this.#opened && nowMs - this.#askedAtMs < holdsMs) return this.#opened
    const name = await currentTable(this.#clickHouse)
    this.#askedAtMs = nowMs
    if (this.#opened?.name !== name)
      this.#opened = { name, index: createClickHouseIndex(this.#clickHouse, name) }
    return this.#opened
  }

  close(): Promise<void> {
    return this.#clickHouse.destroy()
  }
}

function present(way: Way | null): Way {
  if (way === null) throw new Error('no index apart from the ledger is set')
  return way
}
