import type { KeyObject } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { OnModuleInit } from '@nestjs/common'
import { BootId, NodeId, streamIdOf } from '@writ/contracts'
import type { StreamId, TenantId } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import type { PlatformKey } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { newId } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import { MasterKey } from '../tenancy/master-key.ts'
import { PlatformKeys } from '../tenancy/platform-keys.ts'

const PURPOSE = 'administration'

/** The control plane as a node: whoever signs records. */
export type RecordNode = {
  readonly id: NodeId
  readonly key: KeyObject
  readonly streamOf: (tenant: TenantId) => StreamId
}

/**
 * The one node that all control planes of a platform are when they sign administrative records. Its key is made on the first
 * start and sealed under the master key. It has one boot for ever: where a stream stands is in Postgres, and no process remembers it.
 */
@Injectable()
export class ControlPlaneNode implements OnModuleInit {
  readonly #keys: PlatformKeys
  #node: RecordNode | null = null

  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly platform: PlatformQueries,
    masterKey: MasterKey,
  ) {
    this.#keys = new PlatformKeys(masterKey)
  }

  async onModuleInit(): Promise<void> {
    const stored = (await this.#stored()) ?? (await this.#made())
    const [node = '', boot = ''] = stored.kid.split(':')
    const [id, bootId] = [NodeId.parse(node), BootId.parse(boot)]
    const key = await this.#keys.open(stored)
    const { origin } = this.settings
    await this.platform.registerControlPlane({ id, publicKey: stored.publicKey, origin, build: BUILD })
    this.#node = { id, key, streamOf: (tenant) => streamIdOf(id, bootId, tenant) }
  }

  get node(): RecordNode {
    if (!this.#node) throw new Error('the key that signs records is not loaded yet')
    return this.#node
  }

  async #stored(): Promise<PlatformKey | null> {
    return (await this.platform.platformKeys(PURPOSE))[0] ?? null
  }

  // Of two control planes that start at once one adds its key, and both use that one.
  async #made(): Promise<PlatformKey> {
    const nowMs = this.clock.nowMs()
    const kid = `${newId('nod', nowMs)}:${newId('boo', nowMs)}`
    await this.platform.addOnlyPlatformKey(await this.#keys.make({ kid, purpose: PURPOSE }))
    const stored = await this.#stored()
    if (!stored) throw new Error('the key that signs records was not kept')
    return stored
  }
}

export const BUILD = 'control-plane'
