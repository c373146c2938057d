import { Injectable } from '@nestjs/common'
import { PlatformQueries } from '@writ/postgres'
import { isSecretOf } from '../ids-and-secrets.ts'
import type { Admission } from './admission.ts'

const API_KEY = /^(wak_[0-9A-HJKMNP-TV-Z]{26})\.([A-Za-z0-9_-]{43})$/

/** Turns a presented API key into its tenant and role. */
@Injectable()
export class ApiKeyDoor {
  constructor(private readonly platform: PlatformQueries) {}

  /** @returns null for a key that is malformed, unknown, revoked or wrong: the caller cannot tell which. */
  async admit(presented: string): Promise<Admission | null> {
    const [, id, secret] = API_KEY.exec(presented) ?? []
    if (id === undefined || secret === undefined) return null
    const stored = await this.platform.apiKeyById(id)
    if (!isSecretOf(secret, stored?.secretSha256 ?? NO_SECRET) || !stored) return null
    return { tenantId: stored.tenantId, role: stored.role, apiKey: id }
  }
}

// The hash of nothing: an unknown key costs the same comparison as a wrong one.
const NO_SECRET = '0'.repeat(64)
