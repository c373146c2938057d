import type { ConnectionId, UpstreamSettings } from '@writ/contracts'
import { createReach } from '@writ/runtime'
import type { Resolve } from '@writ/runtime'
import { Pool } from 'undici'
import { createConnector } from './connector.ts'
import type { ClientCertificate } from './connector.ts'

export type PoolSettings = {
  readonly pools: number
  /** of the pools: a tenant that names ever new upstreams closes its own */
  readonly poolsPerTenant: number
  readonly socketsPerUpstream: number
  /** a pool that nobody has asked for so long is closed */
  readonly poolIdleMs: number
  readonly connectTimeoutMs: number
  readonly headersTimeoutMs: number
  /** whether upstreams of every tenant may be on this very machine: for development */
  readonly loopback: boolean
}

/** Everything that two calls must agree on before they may share a socket. */
export type PoolKey = {
  readonly tenant: string
  /** what the tenant is called by */
  readonly slug: string
  readonly connection: ConnectionId
  /** whose sockets they are, where no two principals may share one; null: everybody's who uses the connection */
  readonly principal: string | null
  readonly credentialVersion: number
  /** of that version: what every socket is opened with */
  readonly certificate: ClientCertificate | null
  readonly origin: string
  readonly upstream: UpstreamSettings
  /** private networks that the tenant may reach */
  readonly networks: readonly string[]
}

export type UpstreamPools = {
  readonly poolFor: (key: PoolKey) => Pool
  readonly count: () => number
  readonly close: () => Promise<void>
}

type OpenPool = { readonly pool: Pool; readonly version: string; readonly tenant: string; usedAtMs: number }

/** What pools need beside their settings. */
export type PoolPorts = { readonly monotonicMs: () => number; readonly resolve: Resolve }

/**
 * Sockets by credential: one pool per connection (and principal), replaced when its credential, origin, TLS or reach changes; those that
 * nobody asks for are closed, and beyond the bounds the least recently used.
 */
export function createUpstreamPools(settings: PoolSettings, ports: PoolPorts): UpstreamPools {
  const open = new OpenPools(settings)
  const sweep = setInterval(
    () => open.closeIdleSince(ports.monotonicMs() - settings.poolIdleMs),
    Math.min(SWEEP_MS, settings.poolIdleMs),
  )
  sweep.unref()
  return {
    poolFor: (key) => {
      const { pool: name, version } = namesOf(key)
      const known = open.take(name)
      const current =
        known?.version === version
          ? known
          : { pool: openPool(key, settings, ports), version, tenant: key.tenant, usedAtMs: 0 }
      if (known && known !== current) retire(known.pool)
      current.usedAtMs = ports.monotonicMs()
      open.put(name, current)
      return current.pool
    },
    count: () => open.size,
    close: async () => {
      clearInterval(sweep)
      await open.destroyAll()
    },
  }
}

const SWEEP_MS = 5000

/** What a key is called by, made once: of most connections one key serves as long as their bundle. */
export type KeyNames = {
  /** the upstream */
  readonly upstream: string
  /** its sockets, of this principal where they are a principal's */
  readonly pool: string
  /** with another one, it is another upstream */
  readonly version: string
}

const names = new WeakMap<PoolKey, KeyNames>()

export function namesOf(key: PoolKey): KeyNames {
  const known = names.get(key)
  if (known !== undefined) return known
  const upstream = `${key.tenant} ${key.connection}`
  const version = `${key.credentialVersion} ${key.origin} ${textOf(key.upstream)} ${textOf(key.networks)}`
  const pool = `${key.tenant} ${key.connection} ${key.principal ?? ''}`
  const made = { upstream, pool, version }
  names.set(key, made)
  return made
}

/** The objects of a bundle live as long as the bundle: each is written once. */
const texts = new WeakMap<object, string>()

function textOf(settings: object): string {
  const known = texts.get(settings)
  if (known !== undefined) return known
  const text = JSON.stringify(settings)
  texts.set(settings, text)
  return text
}

/** Pools by name, the least recently used first. */
class OpenPools {
  readonly #bounds: Pick<PoolSettings, 'pools' | 'poolsPerTenant'>
  readonly #open = new Map<string, OpenPool>()
  readonly #ofTenant = new Map<string, number>()

  constructor(bounds: Pick<PoolSettings, 'pools' | 'poolsPerTenant'>) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#open.size
  }

  take(name: string): OpenPool | undefined {
    const found = this.#open.get(name)
    if (found === undefined) return undefined
    this.#open.delete(name)
    this.#count(found.tenant, -1)
    return found
  }

  put(name: string, pool: OpenPool): void {
    this.#open.set(name, pool)
    this.#count(pool.tenant, 1)
    if ((this.#ofTenant.get(pool.tenant) ?? 0) > this.#bounds.poolsPerTenant)
      this.#retireOldest(({ tenant }) => tenant === pool.tenant)
    if (this.#open.size > this.#bounds.pools) this.#retireOldest(() => true)
  }

  closeIdleSince(sinceMs: number): void {
    for (const [name, { pool, usedAtMs }] of this.#open) {
      if (usedAtMs > sinceMs) return
      this.take(name)
      retire(pool)
    }
  }

  async destroyAll(): Promise<void> {
    const pools = [...this.#open.values()]
    this.#open.clear()
    this.#ofTenant.clear()
    await Promise.all(pools.map(({ pool }) => pool.destroy()))
  }

  #retireOldest(isMeant: (open: OpenPool) => boolean): void {
    for (const [name, open] of this.#open) {
      if (!isMeant(open)) continue
      this.take(name)
      return retire(open.pool)
    }
  }

  #count(tenant: string, change: number): void {
    const count = (this.#ofTenant.get(tenant) ?? 0) + change
    if (count === 0) this.#ofTenant.delete(tenant)
    else this.#ofTenant.set(tenant, count)
  }
}

function openPool(key: PoolKey, settings: PoolSettings, { resolve }: PoolPorts): Pool {
  const { loopback, connectTimeoutMs, headersTimeoutMs, socketsPerUpstream } = settings
  return new Pool(key.origin, {
    pipelining: 1,
    connections: socketsPerUpstream,
    connect: createConnector({
      origin: key.origin,
      reach: createReach({ loopback, networks: key.networks }),
      resolve,
      connectTimeoutMs: within(key.upstream.timeouts.connectMs, connectTimeoutMs),
      tls: key.upstream.tls,
      certificate: key.certificate,
    }),
    headersTimeout: within(key.upstream.timeouts.firstByteMs, headersTimeoutMs),
    // Whole bodies have a limit of their own, and an event stream may be silent for long.
    bodyTimeout: 0,
    maxHeaderSize: 16 * 1024,
  })
}

/** What a tenant sets counts up to what the gateway is configured for. */
export const within = (settingMs: number | null, boundMs: number): number =>
  settingMs === null ? boundMs : Math.min(settingMs, boundMs)

/** Calls under way end on it; no new one starts. */
function retire(pool: Pool): void {
  pool.close().catch(() => pool.destroy())
}
