import { Injectable } from '@nestjs/common'
import type {
  CreatedApiKey,
  CreatedTenant,
  NewApiKey,
  NewTenant,
  TenantLimitsChange,
  TenantSettingsChange,
  TenantView,
} from '@writ/contracts'
import { releaseSlug } from '@writ/postgres'
import { isPrivateNetwork } from '@writ/runtime'
import { Administrations } from '../administration/administrations.ts'
import { ApiKeysService } from '../api-keys/api-keys.service.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { overLimit, unprocessable } from '../http/problem.ts'
import { newId } from '../ids-and-secrets.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { Newborn } from './newborn.ts'
import { OPERATOR, SLUG_RESERVED_MS } from './operator.ts'
import { RecordsKept } from './records-kept.ts'
import { LIMIT_COLUMNS, tenantView } from './tenant-view.ts'

@Injectable()
export class TenantsService {
  // oxlint-disable-next-line max-params -- one for each thing that a new tenant needs
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    private readonly apiKeys: ApiKeysService,
    private readonly newborn: Newborn,
    private readonly mint: Mint,
    private readonly administrations: Administrations,
    private readonly records: RecordsKept,
  ) {}

  /** Everything that a tenant needs, in one transaction. A slug that is taken, or was until lately, is a conflict. */
  async create({ slug, name }: NewTenant): Promise<CreatedTenant> {
    const nowMs = this.clock.nowMs()
    return this.tenancy.run({ id: newId('ten', nowMs), slug }, async (db) => {
      const bundleVersion = await releaseSlug(db.manager, slug, new Date(nowMs - SLUG_RESERVED_MS))
      await this.newborn.furnish(db, { name, bundleVersion })
      const ownerKey = await this.apiKeys.create(db, ownerKeyNamed('owner'), null)
      const created = { tenant: await tenantView(db), ownerKey }
      await this.administrations.record(db, {
        ...OPERATOR,
        route: 'POST /api/v1/tenants',
        target: db.tenant.id,
        before: null,
        after: created,
      })
      return created
    })
  }

  /** For an operator whose tenant has lost its owner key. */
  async recover(slug: string, name: string): Promise<CreatedApiKey> {
    const tenant = await this.tenancy.bySlug(slug)
    return this.tenancy.run(tenant, async (db) => {
      const key = await this.apiKeys.create(db, ownerKeyNamed(name), null)
      await this.administrations.record(db, {
        ...OPERATOR,
        route: 'POST /api/v1/tenants/{slug}/api-keys',
        target: key.id,
        before: null,
        after: key,
      })
      return key
    })
  }

  /** What of it agents notice is in the bundle. @throws 409 for more requests a second than the operator lets the tenant have */
  async change(db: TenantDb, change: TenantSettingsChange): Promise<TenantView> {
    const { limits } = await tenantView(db)
    if ((change.requestsPerSecond ?? 0) > limits.requestsPerSecond)
      throw overLimit('requestsPerSecond', limits.requestsPerSecond)
    await db.rows(
      `update writ.tenants set body_digest_required = coalesce($2, body_digest_required),
         nonce_required = coalesce($3, nonce_required), requests_per_second = coalesce($4, requests_per_second),
         durability = coalesce($5, durability), excerpts = coalesce($6, excerpts)
       where id = $1`,
      [
        change.bodyDigestRequired ?? null,
        change.nonceRequired ?? null,
        change.requestsPerSecond ?? null,
        change.durability ?? null,
        change.excerpts ?? null,
      ],
    )
    await this.mint.mint(db)
    return tenantView(db)
  }

  /** By the operator. A tenant that asks for more requests a second than it may have from now on gets as many as it may. */
  async limit(slug: string, change: TenantLimitsChange): Promise<TenantView> {
    return this.tenancy.run(await this.tenancy.bySlug(slug), async (db) => {
      const before = await tenantView(db)
      const columns = Object.entries(LIMIT_COLUMNS)
      await db.rows(
        `update writ.tenants set ${columns.map(([, column], at) => `${column} = coalesce($${at + 2}, ${column})`).join(', ')}
         where id = $1`,
        columns.map(([limit]) => Reflect.get(change, limit) ?? null),
      )
      await db.rows(
        `update writ.tenants set requests_per_second = least(requests_per_second, max_requests_per_second) where id = $1`,
      )
      await this.records.mark(db)
      await this.mint.mint(db)
      const after = await tenantView(db)
      const route = 'PATCH /api/v1/tenants/{slug}/limits'
      await this.administrations.record(db, { ...OPERATOR, route, target: db.tenant.id, before, after })
      return after
    })
  }

  /** By the operator: whose networks they are is not for a tenant to say. @throws 422 for what is not private as a whole */
  async allowNetworks(slug: string, networks: readonly string[]): Promise<TenantView> {
    requirePrivate(networks)
    return this.tenancy.run(await this.tenancy.bySlug(slug), async (db) => {
      const before = await tenantView(db)
      await db.rows('update writ.tenants set upstream_networks = $2 where id = $1', [networks])
      await this.mint.mint(db)
      const after = await tenantView(db)
      const route = 'PUT /api/v1/tenants/{slug}/upstream-networks'
      await this.administrations.record(db, { ...OPERATOR, route, target: db.tenant.id, before, after })
      return after
    })
  }
}

/** @throws 422 */
function requirePrivate(networks: readonly string[]): void {
  const errors = networks.flatMap((network, at) =>
    isPrivateNetwork(network)
      ? []
      : [{ path: `networks.${at}`, message: 'only private networks can be allowed, and only as a whole' }],
  )
  if (errors.length > 0) throw unprocessable('these networks are not taken', errors)
}

const ownerKeyNamed = (name: string): NewApiKey => ({ name, role: 'owner', human: null, expiresAt: null })
