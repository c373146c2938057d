import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { OnModuleInit } from '@nestjs/common'
import { rawPublicKey } from '@writ/audit'
import { BootId, NodeId, streamIdOf } from '@writ/contracts'
import type { StreamId, TenantId } from '@writ/contracts'
import type { KeyUse } from '@writ/credentials'
import { PlatformQueries } from '@writ/postgres'
import type { PlatformKey } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { newId } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import { MasterKey } from '../tenancy/master-key.ts'

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
  #node: RecordNode | null = null

  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly platform: PlatformQueries,
    private readonly masterKey: MasterKey,
  ) {}

  async onModuleInit(): Promise<void> {
    const stored = (await this.#stored()) ?? (await this.#made())
    const [node = '', boot = ''] = stored.kid.split(':')
    const [id, bootId] = [NodeId.parse(node), BootId.parse(boot)]
    const { origin } = this.settings
    await this.platform.registerControlPlane({ id, publicKey: stored.publicKey, origin, build: BUILD })
    const pem = await this.masterKey.unwrap(stored.sealedPrivate, useOf(stored.kid))
    this.#node = {
      id,
      key: createPrivateKey(Buffer.from(pem)),
      streamOf: (tenant) => streamIdOf(id, bootId, tenant),
    }
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
    const { privateKey: pem } = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const nowMs = this.clock.nowMs()
    const kid = `${newId('nod', nowMs)}:${newId('boo', nowMs)}`
    await this.platform.addOnlyPlatformKey({
      kid,
      purpose: PURPOSE,
      publicKey: rawPublicKey(createPrivateKey(pem)),
      sealedPrivate: Buffer.from(await this.masterKey.wrap(Buffer.from(pem), useOf(kid))),
    })
    const stored = await this.#stored()
    if (!stored) throw new Error('the key that signs records was not kept')
    return stored
  }
}

export const BUILD = 'control-plane'
const useOf = (kid: string): KeyUse => ({ tenant: 'platform', purpose: kid })
