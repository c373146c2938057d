import { Injectable } from '@nestjs/common'
import { canonical, noteKeyId, writeNoteKey } from '@writ/audit'
import type { JsonObject, TenantId } from '@writ/contracts'
import { keepTrust, latestTrust } from '@writ/postgres'
import type { EntityManager } from 'typeorm'
import { Settings } from '../settings.ts'
import { LogKeys } from './log-keys.ts'

type Of = { readonly tenant: TenantId; readonly origin: string; readonly at: Date }

/** Which keys to believe about a tenant's log, as `writ.trust.v1` of docs/pack.md. A new version when something of it changed. */
@Injectable()
export class TrustFiles {
  constructor(
    private readonly settings: Settings,
    private readonly keys: LogKeys,
  ) {}

  async renew(manager: EntityManager, of: Of): Promise<void> {
    const content = await this.#content(of)
    const latest = await latestTrust(manager)
    if (latest !== null && isOf(latest.file, content)) return
    const version = (latest?.version ?? 0) + 1
    const file = { ...content, version, issuedAt: of.at.toISOString() }
    const statement = Buffer.from(`writ.trust.v1\n${canonical(file)}`)
    const signatures = (await this.keys.signByAll(statement, of.origin)).map(({ key, signature }) => ({
      kid: noteKeyId(key).toString(16).padStart(8, '0'),
      signature: Buffer.from(signature).toString('base64url'),
    }))
    await keepTrust(manager, { version, file: canonical({ ...file, signatures }), at: of.at })
  }

  async #content({ tenant, origin }: Of): Promise<JsonObject> {
    const published = await this.keys.published(origin)
    return {
      v: 'writ.trust.v1',
      tenant,
      origin,
      logKeys: published.map(({ key, until }) => ({
        key: writeNoteKey(key),
        until: until?.toISOString() ?? null,
      })),
      witnesses: this.settings.witnesses.map(({ key }) => writeNoteKey(key)),
    }
  }
}

/** Whether a file says this, besides when and by whom it was signed. */
function isOf(file: string, content: JsonObject): boolean {
  const { version: _version, issuedAt: _issuedAt, signatures: _signatures, ...said } = JSON.parse(file)
  return canonical(said) === canonical(content)
}
