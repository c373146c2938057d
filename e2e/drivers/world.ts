import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import type { PlatformOptions } from '../../tools/local/platform.d.mts'
import type { Platform } from '../../tools/local/platform.d.mts'
import { startPlatform } from '../../tools/local/platform.mjs'
import { stateDirectory } from '../../tools/state.mjs'
import { givePreparedState } from '../../tools/testing/prepared-state.mjs'
import type { Upstream } from '../../apps/demo/src/upstream.ts'
import { startUpstream } from '../../apps/demo/src/upstream.ts'
import { createTenant } from './tenant.ts'
import type { Tenant } from './tenant.ts'

/** A running platform with two tenants, so that a leak shows in any test. Each tenant has its own upstream and its own secret. */
export type World = {
  readonly platform: Platform
  readonly acme: TenantWorld
  readonly beta: TenantWorld
  readonly stop: () => Promise<void>
}
export type TenantWorld = Tenant & { readonly upstream: Upstream; readonly secret: string }

export async function startWorld(options: Omit<PlatformOptions, 'stateDir'> = {}): Promise<World> {
  const stateDir = join(stateDirectory(), `e2e-${process.pid}-${randomBytes(4).toString('hex')}`)
  mkdirSync(stateDir, { recursive: true, mode: 0o711 })
  const platform = await startPlatform({
    stateDir,
    isMigrated: givePreparedState(stateDir),
    redis: 'required',
    ports: { controlPlane: 0, gateway: 0, demoUpstream: 0, postgres: 0, workerAdmin: 0, gatewayAdmin: 0 },
    ...options,
  })
  const upstreams: Upstream[] = []
  const open = async (slug: string): Promise<TenantWorld> => {
    const secret = `key_${slug}_${randomBytes(16).toString('hex')}`
    const upstream = await startUpstream(0, secret)
    upstreams.push(upstream)
    return { ...(await createTenant(platform, slug, { url: upstream.url, secret })), upstream, secret }
  }
  const stop = async () => {
    await Promise.all(upstreams.map((upstream) => upstream.close()))
    await platform.stop()
    rmSync(stateDir, { recursive: true, force: true })
  }
  try {
    return { platform, acme: await open('acme'), beta: await open('beta'), stop }
  } catch (error) {
    await stop()
    throw error
  }
}
