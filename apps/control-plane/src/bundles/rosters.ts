import { isBundleFault, MAX_PART_BYTES, openRosterPart, ROSTER_PARTS, rosterPlace } from '@writ/bundle'
import type { Roster, RosterPart } from '@writ/contracts'
import { notFound, unavailable } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { tooLarge } from './bundle-size.ts'

/** For so long a part that the newest bundle names no more is still given to whoever reads the bundle before. */
const GRACE_MS = 600_000

/**
 * Writes the parts in which the agents and humans of a large tenant stand, as its tables are now. Those that changed are new.
 * @throws 409 where a part would be larger than any enforcement point takes
 */
export async function writeRoster(db: TenantDb, at: Date): Promise<Roster> {
  const rows = await db.rows<WrittenRow>(WRITE, [ROSTER_PARTS])
  if (rows.some(({ sizeBytes }) => sizeBytes > MAX_PART_BYTES)) throw tooLarge()
  // Read as an enforcement point will read it: what nobody could open is never published.
  for (const { sha256, fresh } of rows) if (fresh !== null) opened(fresh, sha256)
  const parts = rows.map(({ sha256 }) => sha256)
  await leaveParts(db, parts, at)
  return { parts }
}

/** Parts that no bundle names any more are let go of, and removed a little later. @param named those of the newest bundle */
export async function leaveParts(db: TenantDb, named: readonly string[], at: Date): Promise<void> {
  await db.rows(LEAVE, [named, at])
  await db.rows('delete from writ.roster_parts where tenant_id = $1 and left_at < $2', [
    new Date(at.getTime() - GRACE_MS),
  ])
}

/** The bytes of one part. @throws 404 when there is no such part */
export async function rosterPartText(db: TenantDb, sha256: string): Promise<string> {
  const row = await db.first<PartRow>(
    'select sha256, part from writ.roster_parts where tenant_id = $1 and sha256 = $2',
    [sha256],
  )
  if (!row) throw notFound()
  return row.part
}

/**
 * All parts, or of these principals only.
 * @throws 503 where one is gone, as after an erasure that was committed since the bundle was read: without it somebody would be missing
 */
export async function rosterParts(
  db: TenantDb,
  { parts }: Roster,
  principals?: readonly string[],
): Promise<RosterPart[]> {
  const wanted = new Set(principals?.map((id) => parts[rosterPlace(id, parts.length)]) ?? parts)
  const rows = await db.rows<PartRow>(
    'select sha256, part from writ.roster_parts where tenant_id = $1 and sha256 = any($2::text[])',
    [[...wanted]],
  )
  if (rows.length < wanted.size) throw unavailable('the bundle has changed meanwhile')
  return rows.map(({ sha256, part }) => opened(part, sha256))
}

/** They go at once, not in a while: an erased human stands in parts of before. */
export async function forgetFormerParts(db: TenantDb): Promise<void> {
  await db.rows('delete from writ.roster_parts where tenant_id = $1 and left_at is not null')
}

function opened(text: string, sha256: string): RosterPart {
  const part = openRosterPart(text, sha256)
  if (isBundleFault(part)) throw new Error(part.detail)
  return part
}

type PartRow = { readonly sha256: string; readonly part: string }
/** `fresh`: its bytes, where it was not there before. */
type WrittenRow = { readonly sha256: string; readonly sizeBytes: number; readonly fresh: string | null }

const LEAVE = `update writ.roster_parts set left_at = $3
  where tenant_id = $1 and left_at is null and sha256 <> all($2::text[])`

const PLACE = `get_byte(sha256(convert_to(p.id, 'UTF8')), 0) % $2::int`

/** SQL: the groups of each principal of a kind that is in any. */
const membersOf = (kind: 'agent' | 'human'): string =>
  `select m.${kind}_id as id, array_agg(m.group_id order by m.group_id) as groups
   from writ.group_${kind}s m where m.tenant_id = $1 group by m.${kind}_id`

/** SQL: one principal of a kind as JSON text, with what else is said of it. */
const textOf = (
  more: string,
): string => `'{"id":"' || p.id || '","name":' || to_json(p.name) || ',"epoch":' || p.epoch
  || ',"groups":' || to_json(coalesce(m.groups, by_default.groups)) || ${more} || '}'`

const SUBJECT = `case when k.id is null then ''
  else ',"subject":{"id":"' || k.id || '","publicKey":"' || k.public_key || '","name":' || k.name || '}' end`

// In the database from end to end, so that an edit carries one part of 20,000 humans across and not all of them. Equal rows make equal
// bytes: principals are ordered by their ids. Text is put together at a third of the cost of jsonb.
const WRITE = `
  with by_default as materialized (
    select array_agg(g.id) as groups from writ.access_groups g where g.tenant_id = $1 and g.is_default
  ), agents as (
    select ${PLACE} as place, string_agg(${textOf("''")}, ',' order by p.id) as list
      from writ.agents p cross join by_default left join (${membersOf('agent')}) m on m.id = p.id
     where p.tenant_id = $1 and p.status = 'enrolled' group by 1
  ), humans as (
    select ${PLACE} as place, string_agg(${textOf(SUBJECT)}, ',' order by p.id) as list
      from writ.humans p cross join by_default left join (${membersOf('human')}) m on m.id = p.id
        left join writ.subject_keys k on k.tenant_id = p.tenant_id and k.human_id = p.id and k.name is not null
     where p.tenant_id = $1 and p.status = 'active' group by 1
  ), named as materialized (
    select place, part, encode(sha256(convert_to(part, 'UTF8')), 'hex') as sha256
      from generate_series(0, $2::int - 1) place left join agents using (place) left join humans using (place),
        lateral (select '{"format":"writ.roster.v1","agents":[' || coalesce(agents.list, '') || '],"humans":['
                        || coalesce(humans.list, '') || ']}' as part) as whole
  ), fresh as materialized (
    select min(n.place) as place from named n left join writ.roster_parts k
        on k.tenant_id = $1 and k.sha256 = n.sha256 and k.left_at is null
     where k.sha256 is null group by n.sha256
  ), written as (
    insert into writ.roster_parts as r (tenant_id, sha256, part)
      select $1, sha256, part from named where place in (select place from fresh)
    on conflict (tenant_id, sha256) do update set left_at = null
    returning r.sha256
  )
  select named.sha256, octet_length(named.part) as "sizeBytes",
         case when place in (select place from fresh) then named.part end as fresh
    from named order by named.place`
