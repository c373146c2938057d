import { Injectable } from '@nestjs/common'
import type { Bundle, BundleConnection, LeaseAnswer, LeaseRequest } from '@writ/contracts'
import { sealLease } from '@writ/credentials'
import type { NodeRow } from '@writ/postgres'
import { currentBundle } from '../bundles/current-bundle.ts'
import { Clock } from '../clock.ts'
import { notFound } from '../http/problem.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { TenantSecrets } from '../tenancy/tenant-secrets.ts'

const RENEW_AFTER_MS = 60_000
const EXPIRE_AFTER_MS = 600_000

/** Lends credentials to nodes, sealed to the node's own lease key. */
@Injectable()
export class LeasesService {
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    private readonly secrets: TenantSecrets,
  ) {}

  /** @throws the same 404 whatever it is that does not fit */
  lend(node: NodeRow, request: LeaseRequest): Promise<LeaseAnswer> {
    return this.tenancy.runById(request.tenant, async (db) => {
      const human = await humanOf(db, request)
      if (human === null) throw notFound()
      const bundle = await currentBundle(db, [request.agent, human])
      const connection = connectionFor(request, bundle)
      if (!connection || connection.credential.kind === 'none') throw notFound()
      if (!counts(bundle.humans, human, bundle)) throw notFound()
      const nowMs = this.clock.nowMs()
      const { origin } = new URL(connection.url)
      const place = { id: connection.id, version: connection.credential.version, origin }
      const lease = await sealLease(
        {
          tenant: db.tenant.id,
          connection: connection.id,
          version: place.version,
          origin,
          header: connection.credential.kind === 'api-key' ? connection.credential.header : '',
          value: await this.secrets.openCredential(db, place, await sealedSecretOf(db, request)),
          renewAtMs: nowMs + RENEW_AFTER_MS,
          expiresAtMs: nowMs + EXPIRE_AFTER_MS,
        },
        node.leaseKey,
      )
      return { lease }
    })
  }
}

/** The connection asked for, if the newest bundle lets this agent use this version of its credential: what is switched off is not there. */
function connectionFor(request: LeaseRequest, bundle: Bundle): BundleConnection | null {
  const agent = bundle.agents.find(({ id }) => id === request.agent)
  const connection = bundle.connections.find(({ id }) => id === request.connection)
  if (!agent || !connection || bundle.revokedSessions.includes(request.session)) return null
  if (bundle.tenant.suspended || connection.suspended || !counts(bundle.agents, agent.id, bundle)) return null
  if (connection.credential.kind === 'none' || connection.credential.version !== request.credentialVersion)
    return null
  return connection.groups.some((group) => agent.groups.includes(group)) ? connection : null
}

/** Whoever is in a suspended group is nobody, and so is whoever is not in the bundle. */
function counts(
  principals: Bundle['agents'] | Bundle['humans'],
  id: string,
  { groups }: Pick<Bundle, 'groups'>,
): boolean {
  const principal = principals.find((one) => one.id === id)
  const suspended = groups.filter((group) => group.suspended).map((group) => group.id)
  return principal !== undefined && !principal.groups.some((group) => suspended.includes(group))
}

/** For whom the agent acts in that session; null when it is over. */
async function humanOf(db: TenantDb, { session, agent }: LeaseRequest): Promise<string | null> {
  const row = await db.first<{ human_id: string }>(
    'select human_id from writ.sessions where tenant_id = $1 and id = $2 and agent_id = $3 and ended_at is null',
    [session, agent],
  )
  return row?.human_id ?? null
}

async function sealedSecretOf(
  db: TenantDb,
  { connection, credentialVersion }: LeaseRequest,
): Promise<Buffer> {
  const row = await db.first<{ sealed_secret: Buffer }>(
    `select sealed_secret from writ.connections
     where tenant_id = $1 and id = $2 and credential_version = $3 and sealed_secret is not null`,
    [connection, credentialVersion],
  )
  if (!row) throw notFound()
  return row.sealed_secret
}
