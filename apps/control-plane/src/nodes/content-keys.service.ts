import { hkdfSync } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { ContentKeyAnswer, ContentKeyRequest, TenantId } from '@writ/contracts'
import { sealContentKey } from '@writ/credentials'
import type { NodeRow } from '@writ/postgres'
import { Settings } from '../settings.ts'
import { Tenancy } from '../tenancy/tenancy.ts'

const PURPOSE = 'writ content key v1'
const KEY_BYTES = 32

/** Gives nodes the key with which they hash, tokenise and fingerprint the content of one tenant. Derived (RFC 5869), so that it is the same for ever. */
@Injectable()
export class ContentKeysService {
  constructor(
    private readonly settings: Settings,
    private readonly tenancy: Tenancy,
  ) {}

  /** @throws 404 */
  async give({ leaseKey }: NodeRow, { tenant: slug }: ContentKeyRequest): Promise<ContentKeyAnswer> {
    const { id: tenant } = await this.tenancy.bySlug(slug)
    const key = this.keyOf(tenant).toString('base64url')
    return { sealed: await sealContentKey({ tenant, key }, leaseKey) }
  }

  keyOf(tenant: TenantId): Buffer {
    return Buffer.from(hkdfSync('sha256', this.settings.masterKey, tenant, PURPOSE, KEY_BYTES))
  }
}
