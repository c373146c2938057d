import { Injectable } from '@nestjs/common'
import { AuditRecord } from '@writ/contracts'
import type { AccessGroupId, Bundle, PolicyId, PolicyReplayRequest } from '@writ/contracts'
import { beginReplay, decisionsIn } from '@writ/policy/authoring'
import type { Names, PastOverride, Replay, ReplayReport, ReplayWorld } from '@writ/policy/authoring'
import { newestLeaves } from '@writ/postgres'
import { currentBundle } from '../bundles/current-bundle.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { attachedGroups } from './attached-groups.ts'
import type { PolicyDraft } from './draft.ts'
import { Turns } from './turns.ts'

type Report = ReplayReport & { readonly unreadable: number; readonly isCut: boolean }

/** A draft against what was recorded: who would lose what, and who gain. Records come in pages, and others of the process go on. */
@Injectable()
export class ReplayService {
  /** @throws 422 when it takes too long */
  async replay(db: TenantDb, { document }: PolicyDraft, asked: PolicyReplayRequest): Promise<Report> {
    const { policy, groups } = asked
    const attached = await attachedGroups(db, { policy, groups })
    const isPlaced = policy !== undefined || groups !== undefined
    const draft = {
      document,
      name: document.title ?? 'draft',
      replaces: policy ?? null,
      groups: isPlaced ? attached : null,
    }
    const bundle = await currentBundle(db)
    const names: Names = new Map(bundle.humans.map(({ id, name }) => [id, name]))
    const replay = beginReplay(draft, await worldOf(db, bundle, policy))
    const { from, until, records: most } = asked
    const window = { kind: 'closed', from, until } as const
    const { leaves, isCut } = await newestLeaves(db.manager, window, { most, lookMs: LOOK_MS })
    const places = leaves.toReversed()
    const turns = new Turns(`the replay of ${asked.records} records; take fewer, or a narrower window`)
    let unreadable = 0
    for (let at = 0; at < places.length; at += PAGE)
      unreadable += await turns.run(take(replay, await pageOf(db, places.slice(at, at + PAGE)), names))
    return { ...replay.report(), unreadable, isCut }
  }
}

type Stored = { readonly bytes: Buffer }

/** Those of an older form are counted and left out: what they mean is no longer known here. */
function* take(replay: Replay, page: readonly Stored[], names: Names): Generator<void, number> {
  let unreadable = 0
  for (const { bytes } of page) {
    const record = readable(bytes)
    if (record === null) unreadable += 1
    for (const recorded of record === null ? [] : decisionsIn(record, names)) {
      yield
      replay.take(recorded)
    }
    yield
  }
  return unreadable
}

function readable(bytes: Buffer): AuditRecord | null {
  try {
    return AuditRecord.parse(JSON.parse(bytes.toString('utf8')))
  } catch {
    return null
  }
}

/** What was not looked through after so long is left out, and the answer says so. */
const LOOK_MS = 2000
/** A record has at most 64 KB, so this many are as much as one answer of the database should be. */
const PAGE = 50

const pageOf = (db: TenantDb, leaves: readonly number[]): Promise<Stored[]> =>
  db.rows<Stored>(
    'select bytes from writ.records where tenant_id = $1 and leaf_index = any($2::bigint[]) order by leaf_index',
    [leaves],
  )

async function worldOf(
  db: TenantDb,
  { agents, humans, groups, policies, connections }: Bundle,
  replaced: PolicyId | undefined,
): Promise<ReplayWorld> {
  return {
    membership: new Map<string, readonly AccessGroupId[]>(
      [...agents, ...humans].map((one) => [one.id, one.groups]),
    ),
    groups,
    policies,
    overrides: replaced === undefined ? [] : await overridesOf(db, replaced),
    trust: new Map(connections.map(({ id, trust }) => [id, trust])),
    unchangedSince: replaced === undefined ? null : await versionSince(db, replaced),
  }
}

/** More than any tenant has had; the newest of them. */
const MOST_OVERRIDES = 5000

/** Removed and expired ones with the others: they act as they did. */
async function overridesOf(db: TenantDb, policy: PolicyId): Promise<readonly PastOverride[]> {
  type Row = Omit<PastOverride, 'from' | 'until'> & { readonly from: Date; readonly until: Date }
  const rows = await db.rows<Row>(
    `select policy_id as policy, rule, principal, resource, created_at as "from", least(until, removed_at) as until
     from writ.overrides where tenant_id = $1 and policy_id = $2 order by created_at desc limit ${MOST_OVERRIDES}`,
    [policy],
  )
  return rows.map(({ from, until, ...row }) => ({
    ...row,
    from: from.toISOString(),
    until: until.toISOString(),
  }))
}

async function versionSince(db: TenantDb, policy: PolicyId): Promise<string | null> {
  const row = await db.first<{ created_at: Date }>(
    'select created_at from writ.policy_versions where tenant_id = $1 and policy_id = $2 order by version desc limit 1',
    [policy],
  )
  return row?.created_at.toISOString() ?? null
}
