import type { KeyObject } from 'node:crypto'
import { openContentKey } from '@writ/credentials'
import type { ContentKeySource, TenantName } from '@writ/enforcement'
import type { ReportProblem } from '../problems.ts'

export type ContentKeyPorts = {
  /** a compact JWE for this point */
  readonly fetch: (tenantSlug: string) => Promise<string>
  readonly leaseKey: KeyObject
  readonly report: ReportProblem
}

/** Fetches each tenant's key once and keeps it in memory only. A failure is not asked again at once, so that an outage costs no call its time. */
export function createContentKeys(ports: ContentKeyPorts): ContentKeySource {
  const known = new Map<string, Promise<Uint8Array | null>>()
  return {
    keyOf: (tenant) => {
      const key = known.get(tenant.id) ?? keyOf(tenant, ports)
      known.set(tenant.id, key)
      void forgetFailure(key, () => known.delete(tenant.id))
      return key
    },
  }
}

const RETRY_MS = 1000

async function forgetFailure(key: Promise<Uint8Array | null>, forget: () => void): Promise<void> {
  if ((await key) === null) setTimeout(forget, RETRY_MS).unref()
}

async function keyOf(
  tenant: TenantName,
  { fetch, leaseKey, report }: ContentKeyPorts,
): Promise<Uint8Array | null> {
  try {
    const secret = await openContentKey(await fetch(tenant.slug), leaseKey)
    if (secret?.tenant === tenant.id) return Buffer.from(secret.key, 'base64url')
    report('a content key does not open', new Error('sealed to another node, or of another tenant'))
  } catch (error) {
    report('a content key could not be fetched', error)
  }
  return null
}
