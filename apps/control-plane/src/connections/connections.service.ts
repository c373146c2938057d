import { Injectable } from '@nestjs/common'
import type {
  AccessGroupId,
  ActionClass,
  ConnectionChange,
  ConnectionId,
  ConnectionView,
  NewConnection,
  NewCredential,
} from '@writ/contracts'
import { UpstreamSettings } from '@writ/contracts'
import { groupsOf, replaceGroups } from '../access-groups/membership.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { notFound } from '../http/problem.ts'
import { newId } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { TenantSecrets } from '../tenancy/tenant-secrets.ts'
import type { CredentialPlace } from '../tenancy/tenant-secrets.ts'
import { API_VIEW, apiColumnsOf, requireApi, TOOL_CLASSES } from './openapi/connection-api.ts'
import { requireAuthorities, requireCertified, requireSecrecy } from './tls-parts.ts'
import { forgetStates, healthOf, STATES } from './upstream-reports.service.ts'
import type { StateRow } from './upstream-reports.service.ts'
import { originOf, requireReachable, requireSameReceiver } from './upstream-url.ts'

@Injectable()
export class ConnectionsService {
  constructor(
    private readonly clock: Clock,
    private readonly mint: Mint,
    private readonly secrets: TenantSecrets,
    private readonly settings: Settings,
  ) {}

  list(db: TenantDb, query: ListQuery): Promise<Page<ConnectionView>> {
    return readPage(db, { select: SELECT, id: 'p.id' }, query, viewOf)
  }

  async get(db: TenantDb, id: ConnectionId): Promise<ConnectionView> {
    const row = await db.first<ConnectionRow>(`${SELECT} and p.id = $2`, [id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  async create(db: TenantDb, connection: NewConnection): Promise<ConnectionView> {
    const nowMs = this.clock.nowMs()
    await this.#require(db, { ...connection, kind: connection.credential.kind })
    const id = newId('con', nowMs)
    await db.insert('connections', {
      id,
      name: connection.name,
      url: connection.url,
      tool_classes: JSON.stringify(connection.toolClasses),
      trust: connection.trust,
      annotations_trusted: connection.annotationsTrusted,
      upstream: JSON.stringify(connection.upstream),
      pinning: connection.pinning,
      ...apiColumnsOf(connection.openapi),
      created_at: new Date(nowMs),
      ...(await this.#sealed(
        db,
        { id, version: connection.credential.kind === 'none' ? 0 : 1, origin: originOf(connection) },
        connection.credential,
      )),
    })
    await replaceGroups(db, 'connection', id, connection.groups)
    await this.mint.mint(db)
    return this.get(db, id)
  }

  async change(db: TenantDb, id: ConnectionId, change: ConnectionChange): Promise<ConnectionView> {
    await db.rows('select 1 from writ.connections where tenant_id = $1 and id = $2 for update', [id])
    const before = await this.get(db, id)
    const { credential, upstream, api } = before
    const url = change.url ?? before.url
    requireApi(change.openapi, api)
    await this.#require(db, {
      url,
      upstream: change.upstream ?? upstream,
      kind: change.credential?.kind ?? credential.kind,
      credential: change.credential,
    })
    if (!change.credential) requireSameReceiver(before, { url })
    await update(db, id, { ...plainColumnsOf(change), ...apiColumnsOf(change.openapi) })
    if (change.url !== undefined || change.upstream) await forgetStates(db, id)
    if (change.credential) {
      const place = { id, version: credential.version + 1, origin: originOf({ url }) }
      await update(db, id, await this.#sealed(db, place, change.credential))
    }
    if (change.groups) await replaceGroups(db, 'connection', id, change.groups)
    await this.mint.mint(db)
    return this.get(db, id)
  }

  /** Switching it twice changes nothing more. */
  async suspend(db: TenantDb, id: ConnectionId, suspended: boolean): Promise<ConnectionView> {
    const { suspended: before } = await this.get(db, id)
    if (before === suspended) return this.get(db, id)
    await update(db, id, { suspended_at: suspended ? new Date(this.clock.nowMs()) : null })
    await this.mint.mint(db)
    return this.get(db, id)
  }

  /** The row stays, because records name it; its secret goes. */
  async remove(db: TenantDb, id: ConnectionId): Promise<void> {
    await this.get(db, id)
    await db.rows('delete from writ.group_connections where tenant_id = $1 and connection_id = $2', [id])
    await update(db, id, {
      deleted_at: new Date(this.clock.nowMs()),
      credential_kind: 'none',
      credential_header: null,
      client_certificates: null,
      sealed_secret: null,
    })
    await forgetStates(db, id)
    await this.mint.mint(db)
  }

  /** @throws 422 for what no gateway could or would do */
  async #require(db: TenantDb, { url, upstream, kind, credential }: Reached): Promise<void> {
    const tenant = await db.first<{ networks: string[] }>(
      'select upstream_networks as networks from writ.tenants where id = $1',
    )
    requireReachable(url, { loopback: this.settings.upstreamsOnLoopback, networks: tenant?.networks ?? [] })
    requireAuthorities(upstream)
    requireSecrecy(kind, url)
    if (credential) requireCertified(credential)
  }

  async #sealed(db: TenantDb, place: CredentialPlace, credential: NewCredential) {
    const secret = secretOf(credential)
    return {
      credential_kind: credential.kind,
      credential_header: credential.kind === 'api-key' ? credential.header : null,
      client_certificates: credential.kind === 'client-certificate' ? credential.certificates : null,
      credential_version: place.version,
      sealed_secret: secret === null ? null : await this.secrets.sealCredential(db, place, secret),
    }
  }
}

type Reached = {
  readonly url: string
  readonly upstream: UpstreamSettings
  readonly kind: NewCredential['kind']
  /** a new one */
  readonly credential: NewCredential | undefined
}

function secretOf(credential: NewCredential): string | null {
  if (credential.kind === 'none') return null
  return credential.kind === 'api-key' ? credential.secret : credential.key
}

const plainColumnsOf = ({
  url,
  toolClasses,
  trust,
  annotationsTrusted,
  upstream,
  pinning,
}: ConnectionChange) => ({
  ...(url !== undefined && { url }),
  ...(toolClasses && { tool_classes: JSON.stringify(toolClasses) }),
  ...(trust && { trust }),
  ...(annotationsTrusted !== undefined && { annotations_trusted: annotationsTrusted }),
  ...(upstream && { upstream: JSON.stringify(upstream) }),
  ...(pinning && { pinning }),
})

async function update(
  db: TenantDb,
  id: ConnectionId,
  columns: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (Object.keys(columns).length === 0) return
  const assignments = Object.keys(columns).map((column, index) => `${column} = $${index + 3}`)
  await db.rows(`update writ.connections set ${assignments.join(', ')} where tenant_id = $1 and id = $2`, [
    id,
    ...Object.values(columns),
  ])
}

type ConnectionRow = {
  id: ConnectionId
  name: string
  url: string
  credential_kind: ConnectionView['credential']['kind']
  credential_header: string | null
  client_certificates: string | null
  credential_version: number
  tool_classes: Record<string, ActionClass>
  trust: ConnectionView['trust']
  annotations_trusted: boolean
  upstream: unknown
  pinning: ConnectionView['pinning']
  states: StateRow[]
  api: ConnectionView['api']
  suspended: boolean
  groups: AccessGroupId[]
  created_at: Date
}

// The sealed secret is not among the columns: no view can show it by mistake.
const SELECT = `select p.id, p.name, p.url, p.credential_kind, p.credential_header, p.client_certificates, p.credential_version,
  ${TOOL_CLASSES} as tool_classes, ${API_VIEW} as api, p.trust, p.annotations_trusted, p.suspended_at is not null as suspended, p.upstream, p.pinning, ${STATES} as states,
  p.created_at, ${groupsOf('connection')} as groups
  from writ.connections p where p.tenant_id = $1 and p.deleted_at is null`

const viewOf = (row: ConnectionRow): ConnectionView => ({
  id: row.id,
  name: row.name,
  url: row.url,
  credential: {
    kind: row.credential_kind,
    header: row.credential_header,
    certificates: row.client_certificates,
    version: row.credential_version,
  },
  groups: row.groups,
  toolClasses: row.tool_classes,
  trust: row.trust,
  annotationsTrusted: row.annotations_trusted,
  suspended: row.suspended,
  upstream: UpstreamSettings.parse(row.upstream),
  pinning: row.pinning,
  health: healthOf(row.states),
  createdAt: row.created_at.toISOString(),
  api: row.api,
})
