import { Injectable } from '@nestjs/common'
import { AuditRecord } from '@writ/contracts'
import type { HookMoment, SessionId } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { Administrations } from '../administration/administrations.ts'
import { Clock } from '../clock.ts'
import { newId } from '../ids-and-secrets.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { LIVE_MS } from './calls.ts'
import { NAMED_MS } from './egress.ts'
import { gapsOf, mayMiss } from './gaps.ts'
import { SKEW_MS, UNDER_WAY_MS } from './history.ts'
import type { Found, History } from './history.ts'
import { judge } from './judge.ts'
import { sightOf, sightsOf } from './sight.ts'
import type { Sight } from './sight.ts'

/** What arrives by different spools is looked at together when all of it had so long to arrive. */
export const GRACE_MS = 300_000
const LEAVES_AT_ONCE = 500
const TENANTS_AT_ONCE = 100
/** A session that does more than that in a quarter of an hour is not compared: it would take all of the memory. */
const MOST_AROUND = 50_000
/** What is compared with lies so far before and after. */
const BEFORE_MS = Math.max(NAMED_MS, LIVE_MS, UNDER_WAY_MS) + SKEW_MS
const AFTER_MS = UNDER_WAY_MS + SKEW_MS

/**
 * Compares what the channels saw of each session, once for every record, in the order of the tenant's log. Findings, the events that seal
 * them as records, and the place that was reached are one transaction: nothing is found twice, and nothing is passed over.
 */
@Injectable()
export class Reconciliation {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly platform: PlatformQueries,
    private readonly tenancy: Tenancy,
    private readonly administrations: Administrations,
  ) {}

  /**
   * The next records of every tenant that has some.
   * @returns whether there may be more already
   * @throws the first failure, once all the others were looked after
   */
  async reconcilePending(): Promise<boolean> {
    const tenants = await this.platform.unreconciledTenants(new Date(this.clock.nowMs()), TENANTS_AT_ONCE)
    const failures: unknown[] = []
    let isMore = tenants.length === TENANTS_AT_ONCE
    for (const tenant of tenants)
      await this.tenancy
        .run(tenant, (db) => this.#advance(db))
        .then((wasFull) => (isMore ||= wasFull))
        .catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
    return isMore
  }

  /** @returns whether as many were looked at as are at once */
  async #advance(db: TenantDb): Promise<boolean> {
    const from = await lockedPlace(db)
    const leaves = await leavesFrom(db, from)
    const dueMs = this.clock.nowMs() - GRACE_MS
    const young = leaves.findIndex(({ ingested_at }) => ingested_at.getTime() > dueMs)
    const old = young === -1 ? leaves : leaves.slice(0, young)
    for (const found of await findingsAmong(db, old)) await this.#keep(db, found)
    const waits = leaves[old.length]
    await db.rows('update writ.reconciliations set next_leaf = $2, due_at = $3 where tenant_id = $1', [
      from + old.length,
      waits ? new Date(waits.ingested_at.getTime() + GRACE_MS) : new Date(0),
    ])
    return old.length === LEAVES_AT_ONCE
  }

  async #keep(db: TenantDb, { fact, about, finding }: Found): Promise<void> {
    const { session, agent, human } = about
    const nowMs = this.clock.nowMs()
    const id = newId('dec', nowMs)
    const { kind, severity, decisions, text } = finding
    const kept = await db.first(KEEP, [
      id,
      storable(fact),
      kind,
      severity,
      session,
      named(agent),
      human && JSON.stringify({ id: human.id }),
      decisions,
      storable(text),
      new Date(nowMs),
    ])
    if (kept) await this.administrations.found(db, id, { finding, session, agent, human })
  }
}

// Names come from agents and devices, and Postgres keeps no NUL: none of them may stop what comes after it.
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD')
const named = (who: { readonly id: string; readonly name: string } | null): string =>
  JSON.stringify(who && { ...who, name: storable(who.name) })

const KEEP = `insert into writ.findings (tenant_id, id, fact, kind, severity, session_id, agent, human, decisions, text, found_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing returning id`

/** Locked: of two control planes that look at once the second goes on where the first ended. */
async function lockedPlace(db: TenantDb): Promise<number> {
  await db.insert('reconciliations', { next_leaf: 0 }, 'on conflict do nothing')
  const place = await db.first<{ next: number }>(
    'select next_leaf::float8 as next from writ.reconciliations where tenant_id = $1 for update',
  )
  if (!place) throw new Error('the place that was reached is kept')
  return place.next
}

type LeafRow = { readonly bytes: Buffer; readonly ingested_at: Date }

const leavesFrom = (db: TenantDb, from: number): Promise<LeafRow[]> =>
  db.rows(
    `select bytes, ingested_at from writ.records where tenant_id = $1 and leaf_index >= $2 order by leaf_index limit $3`,
    [from, LEAVES_AT_ONCE],
  )

async function findingsAmong(db: TenantDb, leaves: readonly LeafRow[]): Promise<Found[]> {
  const asked = leaves.flatMap(({ bytes }) => sightIn(bytes) ?? [])
  if (asked.length === 0) return []
  const gaps = await gapsOf(db)
  const connections = await connectionsOf(db)
  const found: Found[] = []
  for (const session of new Set(asked.map((sight) => sight.session))) {
    const ofSession = asked.filter((sight) => sight.session === session)
    if (!(await hasHooks(db, session))) continue
    const sights = await aroundThem(db, session, ofSession)
    const decisions = new Set(ofSession.map(({ decision }) => decision))
    const devices = new Set(sights.filter(({ channel }) => channel === 'hooks').map(({ node }) => node))
    const isAsked: History['isAsked'] = ({ decision }) => decisions.has(decision)
    found.push(...judge({ sights, isAsked, hasHooks: true, connections, mayMiss: mayMiss(gaps, devices) }))
  }
  return found
}

// A record that cannot be read is named by its verification, and is no reason to stop here.
function recordIn(bytes: Buffer): AuditRecord | null {
  try {
    return AuditRecord.parse(JSON.parse(bytes.toString('utf8')))
  } catch {
    return null
  }
}

function sightIn(bytes: Buffer): Sight | null {
  const record = recordIn(bytes)
  return record && sightOf(record)
}

async function connectionsOf(db: TenantDb): Promise<ReadonlySet<string>> {
  const rows = await db.rows<{ name: string }>(
    'select name from writ.connections where tenant_id = $1 and deleted_at is null',
  )
  return new Set(rows.map(({ name }) => name))
}

/** As the index of hooks has it. */
const HOOKS = `select bytes from writ.records where tenant_id = $1 and session_id = $2
  and position('"channel":"hooks"'::bytea in bytes) > 0`

/** Hooks of a client; those of a sandbox alone tell of every connection that there is. */
const hasHooks = async (db: TenantDb, session: SessionId): Promise<boolean> =>
  (await db.first(`${HOOKS} and position('"client":"sandbox"'::bytea in bytes) = 0 limit 1`, [session])) !==
  null

/** What the session did around them, and the decisions of long ago that results among them rest on. */
async function aroundThem(db: TenantDb, session: SessionId, asked: readonly Sight[]): Promise<Sight[]> {
  const times = asked.map(({ atMs }) => atMs)
  const near = await db.rows<{ bytes: Buffer }>(
    `select bytes from writ.records where tenant_id = $1 and session_id = $2 and occurred_at between $3 and $4 limit $5`,
    [
      session,
      new Date(Math.min(...times) - BEFORE_MS),
      new Date(Math.max(...times) + AFTER_MS),
      MOST_AROUND + 1,
    ],
  )
  if (near.length > MOST_AROUND) return []
  const records = near.flatMap(({ bytes }) => recordIn(bytes) ?? [])
  const sights = sightsOf(records)
  const far = await decisionsOf(db, session, undecidedAmong(asked, sights))
  return far.length === 0
    ? sights
    : sightsOf([...records, ...far.flatMap(({ bytes }) => recordIn(bytes) ?? [])])
}

/** Tool uses with a result, whose decision is not near. */
function undecidedAmong(asked: readonly Sight[], near: readonly Sight[]): string[] {
  const decided = new Set(usesOf(near, 'before'))
  return [...new Set(usesOf(asked, 'after'))].filter((use) => !decided.has(use))
}

const usesOf = (sights: readonly Sight[], moment: HookMoment): string[] =>
  sights.flatMap((sight) =>
    sight.channel === 'hooks' && sight.moment === moment && sight.toolUse !== null ? [sight.toolUse] : [],
  )

const decisionsOf = async (
  db: TenantDb,
  session: SessionId,
  uses: readonly string[],
): Promise<{ bytes: Buffer }[]> =>
  uses.length === 0
    ? []
    : db.rows(
        `${HOOKS} and position('"moment":"before"'::bytea in bytes) > 0
           and exists (select from unnest($3::text[]) as use where position(convert_to(use, 'UTF8') in bytes) > 0)`,
        [session, uses.map((use) => `"toolUse":${JSON.stringify(use)}`)],
      )
