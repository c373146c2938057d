import { createEnvelope, createLocalKeyProvider } from '@writ/credentials'
import { importPrivatePem } from '@writ/identity'
import type { TokenSigner } from '@writ/identity'
import { Client } from 'pg'
import type { Platform } from '../../tools/local/platform.d.mts'

/** Opens a tenant's signing key with the platform's master key, as only the control plane can: what an attacker in the authority would hold. */
export async function authoritySigner(platform: Platform, tenant: string): Promise<TokenSigner> {
  const client = new Client({ connectionString: platform.ownerUrl })
  await client.connect()
  try {
    await client.query("select set_config('app.tenant_id', $1, false)", [tenant])
    const key = await client.query<{ kid: string; sealed: Buffer }>(
      'select kid, sealed_private as sealed from writ.signing_keys where tenant_id = $1',
      [tenant],
    )
    const dek = await client.query<{ version: number; wrapped: Buffer }>(
      'select version, wrapped_dek as wrapped from writ.tenant_keys where tenant_id = $1',
      [tenant],
    )
    const { kid, sealed } = key.rows[0]!
    const envelope = createEnvelope(
      createLocalKeyProvider(Buffer.from(platform.secrets.masterKey, 'base64url')),
      {
        latest: async () => dek.rows[0] ?? null,
        version: async () => dek.rows[0] ?? null,
        add: async (_tenant, made) => made,
      },
    )
    return {
      kid,
      privateKey: importPrivatePem(
        await envelope.open(sealed, { tenant, table: 'signing_keys', row: kid, column: 'sealed_private' }),
      ),
    }
  } finally {
    await client.end()
  }
}
