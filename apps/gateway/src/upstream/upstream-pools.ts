import { Pool } from 'undici'

export type PoolSettings = {
  readonly pools: number
  readonly connectTimeoutMs: number
  readonly headersTimeoutMs: number
}

/** Everything that two calls must agree on before they may share a socket. */
export type PoolKey = {
  readonly tenant: string
  readonly connection: string
  readonly credentialVersion: number
  readonly origin: string
}

export type UpstreamPools = {
  readonly poolFor: (key: PoolKey) => Pool
  readonly close: () => Promise<void>
}

type OpenPool = { readonly pool: Pool; readonly version: string }

/** Sockets by credential: one pool per connection, replaced when its credential or origin changes; the least recently used go. */
export function createUpstreamPools(settings: PoolSettings): UpstreamPools {
  const open = new Map<string, OpenPool>()
  return {
    poolFor: (key) => {
      const name = `${key.tenant} ${key.connection}`
      const version = `${key.credentialVersion} ${key.origin}`
      const known = open.get(name)
      open.delete(name)
      const current = known?.version === version ? known : { pool: openPool(key.origin, settings), version }
      if (known && known !== current) retire(known.pool)
      open.set(name, current)
      evictBeyond(open, settings.pools)
      return current.pool
    },
    close: async () => {
      const pools = [...open.values()]
      open.clear()
      await Promise.all(pools.map(({ pool }) => pool.destroy()))
    },
  }
}

function openPool(origin: string, settings: PoolSettings): Pool {
  return new Pool(origin, {
    pipelining: 1,
    connections: 512,
    connect: { timeout: settings.connectTimeoutMs },
    headersTimeout: settings.headersTimeoutMs,
    // Whole bodies have a limit of their own, and an event stream may be silent for long.
    bodyTimeout: 0,
    maxHeaderSize: 16 * 1024,
    allowH2: false,
  })
}

function evictBeyond(open: Map<string, OpenPool>, most: number): void {
  for (const [name, { pool }] of open) {
    if (open.size <= most) return
    open.delete(name)
    retire(pool)
  }
}

/** Calls under way end on it; no new one starts. */
function retire(pool: Pool): void {
  pool.close().catch(() => pool.destroy())
}
