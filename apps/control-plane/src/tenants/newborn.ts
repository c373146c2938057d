import { Injectable } from '@nestjs/common'
import type { AccessGroupId } from '@writ/contracts'
import { TEMPLATES } from '@writ/policy'
import { replaceMembers } from '../access-groups/membership.ts'
import { SigningKeys } from '../authority/signing-keys.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { newId } from '../ids-and-secrets.ts'
import { insertPolicy } from '../policies/policies.service.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** What every new tenant starts with: keys of its own, a default group, copies of the templates that are for everyone, its first bundle. */
@Injectable()
export class Newborn {
  constructor(
    private readonly clock: Clock,
    private readonly signingKeys: SigningKeys,
    private readonly mint: Mint,
  ) {}

  async furnish(db: TenantDb, newborn: Start): Promise<void> {
    const nowMs = this.clock.nowMs()
    const group = newId('grp', nowMs)
    await insertTenant(db, newborn, group)
    await db.insert('access_groups', { id: group, name: 'default', is_default: true })
    // Sealing it makes the tenant's data key too.
    await this.signingKeys.create(db)
    await copyTemplates(db, group, nowMs)
    await this.mint.mint(db)
  }
}

/** `bundleVersion`: the last one that another tenant had under this slug. */
type Start = { readonly name: string; readonly bundleVersion: number }

// Not a row of a tenant but the tenant itself: its own id is what row security compares.
const insertTenant = (
  db: TenantDb,
  { name, bundleVersion }: Start,
  defaultGroup: AccessGroupId,
): Promise<unknown> =>
  db.rows(
    'insert into writ.tenants (id, slug, name, default_group_id, bundle_version) values ($1, $2, $3, $4, $5)',
    [db.tenant.slug, name, defaultGroup, bundleVersion],
  )

async function copyTemplates(db: TenantDb, group: AccessGroupId, nowMs: number): Promise<void> {
  const policies = []
  for (const { name: template, title: name, document } of TEMPLATES.filter(
    ({ attachedByDefault }) => attachedByDefault,
  )) {
    policies.push(await insertPolicy(db, { name, document, cedar: null, template }, nowMs))
  }
  await replaceMembers(db, 'policy', group, policies)
}
