import { Injectable } from '@nestjs/common'
import { AuditRecord } from '@writ/contracts'
import type { AccessGroupId, Bundle, PolicyId, PolicyReplayRequest } from '@writ/contracts'
import { replayPolicy } from '@writ/policy/authoring'
import type { ReplayReport, ReplayWorld } from '@writ/policy/authoring'
import { currentBundle } from '../bundles/current-bundle.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { attachedGroups } from './attached-groups.ts'
import type { PolicyDraft } from './draft.ts'

/** A draft against what was recorded: who would lose what, and who gain. */
@Injectable()
export class ReplayService {
  async replay(
    db: TenantDb,
    { document }: PolicyDraft,
    { policy, groups, records: limit }: PolicyReplayRequest,
  ): Promise<ReplayReport & { readonly unreadable: number }> {
    const bundle = await currentBundle(db)
    const attached = await attachedGroups(db, { policy, groups })
    const isPlaced = policy !== undefined || groups !== undefined
    const draft = {
      document,
      name: document.title ?? 'draft',
      replaces: policy ?? null,
      groups: isPlaced ? attached : null,
    }
    const { records, unreadable } = await newestRecords(db, limit)
    const current = worldOf(bundle, policy === undefined ? null : await versionSince(db, policy))
    return { ...replayPolicy(draft, records, { current }), unreadable }
  }
}

/** Those of an older form are counted and left out: what they mean is no longer known here. */
async function newestRecords(db: TenantDb, limit: number) {
  const rows = await db.rows<{ bytes: Buffer }>(
    `select bytes from writ.records where tenant_id = $1 and kind = 'closed' order by leaf_index desc limit $2`,
    [limit],
  )
  const records = rows.flatMap(({ bytes }) => readable(bytes))
  return { records: records.toReversed(), unreadable: rows.length - records.length }
}

function readable(bytes: Buffer): readonly AuditRecord[] {
  try {
    return [AuditRecord.parse(JSON.parse(bytes.toString('utf8')))]
  } catch {
    return []
  }
}

const worldOf = (bundle: Bundle, unchangedSince: string | null): ReplayWorld => ({
  membership: new Map<string, readonly AccessGroupId[]>(
    [...bundle.agents, ...bundle.humans].map(({ id, groups }) => [id, groups]),
  ),
  groups: bundle.groups,
  policies: bundle.policies,
  trust: new Map(bundle.connections.map(({ id, trust }) => [id, trust])),
  unchangedSince,
})

async function versionSince(db: TenantDb, policy: PolicyId): Promise<string | null> {
  const row = await db.first<{ created_at: Date }>(
    'select created_at from writ.policy_versions where tenant_id = $1 and policy_id = $2 order by version desc limit 1',
    [policy],
  )
  return row?.created_at.toISOString() ?? null
}
