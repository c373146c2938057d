import { createECDH, createHmac } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { formatId, TenantId } from '@writ/contracts'
import type { PublicJwk } from '@writ/contracts'
import { Settings } from '../settings.ts'
import type { Tenant } from './admission.ts'

/** Ids that tenants made since this project began could have. */
const FIRST_MS = Date.UTC(2026, 0)
const SPAN_MS = 300 * 24 * 3_600_000

/**
 * Tenants that do not exist, as they would look from outside: what answers to strangers answers for them too, so that nobody finds out
 * which names are taken. Derived from the name under the master key: the same today and tomorrow, in every control plane.
 */
@Injectable()
export class Phantoms {
  constructor(private readonly settings: Settings) {}

  /** Has no rows anywhere, and can have none. */
  of(slug: string): Tenant {
    const bytes = this.#derived('id', slug)
    const atMs = FIRST_MS + (bytes.readUIntBE(0, 6) % SPAN_MS)
    return { id: TenantId.parse(formatId('ten', atMs, bytes.subarray(6, 16))), slug }
  }

  /** The key set of a tenant that never changed its first key. Nothing is ever signed with it. */
  keysOf(slug: string): { readonly kid: string; readonly key: PublicJwk }[] {
    const curve = createECDH('prime256v1')
    curve.setPrivateKey(this.#derived('key', slug))
    const point = curve.getPublicKey()
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'))
    return [{ kid: `${this.of(slug).id}:1`, key: { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' } }]
  }

  #derived(purpose: string, slug: string): Buffer {
    return createHmac('sha256', this.settings.masterKey).update(`writ phantom ${purpose}\n${slug}`).digest()
  }
}
