import type { KeyObject } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { OnModuleInit } from '@nestjs/common'
import { canonical, signStatement, statementHolds } from '@writ/audit'
import { PlatformQueries } from '@writ/postgres'
import type { DeviceRow, EndorsedNode, NodeRow, PlatformKey } from '@writ/postgres'
import { randomToken } from '../ids-and-secrets.ts'
import { MasterKey } from '../tenancy/master-key.ts'
import { PlatformKeys } from '../tenancy/platform-keys.ts'

const PURPOSE = 'endorsement'

/**
 * The signature of the control plane under what a node is: its name, its keys, and whom it works for. Credentials and content keys are sealed
 * to the lease key that stands in the database, and whoever can write there must not be able to put a key of their own into that place. The
 * signing key is made on the first start and sealed under the master key; it endorses what stands there then.
 */
@Injectable()
export class Endorsements implements OnModuleInit {
  readonly #keys: PlatformKeys
  #signer: { readonly privateKey: KeyObject; readonly publicKey: string } | null = null

  constructor(
    private readonly platform: PlatformQueries,
    masterKey: MasterKey,
  ) {
    this.#keys = new PlatformKeys(masterKey)
  }

  async onModuleInit(): Promise<void> {
    const stored = (await this.#stored()) ?? (await this.#begun())
    const privateKey = await this.#keys.open(stored)
    this.#signer = { privateKey, publicKey: stored.publicKey }
  }

  /** @returns Ed25519 signature, base64url */
  of(node: EndorsedNode): string {
    return signStatement(statementOf(node), this.#loaded.privateKey)
  }

  holds(node: EndorsedNode, endorsement: string | null): boolean {
    return endorsement !== null && statementHolds(statementOf(node), endorsement, this.#loaded.publicKey)
  }

  get #loaded() {
    if (!this.#signer) throw new Error('the key that endorses nodes is not loaded yet')
    return this.#signer
  }

  async #stored(): Promise<PlatformKey | null> {
    return (await this.platform.platformKeys(PURPOSE))[0] ?? null
  }

  // Of two control planes that start at once one adds its key, and both use that one.
  async #begun(): Promise<PlatformKey> {
    const made = await this.#keys.make({ kid: `${PURPOSE}:${randomToken(12)}`, purpose: PURPOSE })
    const privateKey = await this.#keys.open(made)
    await this.platform.beginEndorsing(made, (node) => signStatement(statementOf(node), privateKey))
    const stored = await this.#stored()
    if (!stored) throw new Error('the key that endorses nodes was not kept')
    return stored
  }
}

export const gatewayOf = ({ id, publicKey, leaseKey }: NodeRow): EndorsedNode => ({
  kind: 'gateway',
  id,
  publicKey,
  leaseKey,
  tenantId: null,
  agentId: null,
})

type DeviceKeys = Pick<DeviceRow, 'id' | 'publicKey' | 'leaseKey' | 'tenantId' | 'agentId'>

export const deviceOf = ({ id, publicKey, leaseKey, tenantId, agentId }: DeviceKeys): EndorsedNode => ({
  kind: 'device',
  id,
  publicKey,
  leaseKey,
  tenantId,
  agentId,
})

const statementOf = ({ kind, id, publicKey, leaseKey, tenantId, agentId }: EndorsedNode): string =>
  canonical(['writ-node-v1', kind, id, publicKey, leaseKey, tenantId, agentId])
