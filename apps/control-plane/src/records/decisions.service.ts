import { Injectable } from '@nestjs/common'
import type {
  AuditRecord,
  DecisionId,
  DecisionStory,
  Direction,
  Json,
  RecordedDecision,
} from '@writ/contracts'
import { viewOf } from '@writ/postgres'
import { notFound } from '../http/problem.ts'
import { RecordSearch } from '../record-index/record-search.ts'
import type { Admission } from '../tenancy/admission.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { namingDamage } from './damage.ts'
import { lineOf, newestOf, readLeavesOf } from './lines.ts'
import type { ReadLeaf } from './lines.ts'
import { RecordsService } from './records.service.ts'

const MOST_OF_ONE_DECISION = 50
const MOST_PARTS = 100
/** Lines of the session before the decision, and after it. */
const AROUND = 25

/** The whole story of one decision. */
@Injectable()
export class DecisionsService {
  constructor(
    private readonly records: RecordsService,
    private readonly search: RecordSearch,
  ) {}

  /** @throws 404 where the ledger holds nothing of it; 409 naming a record of it, or of one of its parts, that is none any more */
  story(db: TenantDb, admission: Admission, id: DecisionId): Promise<DecisionStory> {
    return namingDamage(() => this.#story(db, admission, id))
  }

  async #story(db: TenantDb, admission: Admission, id: DecisionId): Promise<DecisionStory> {
    const filter = { decision: id }
    const { leaves } = await this.search.leaves(db, {
      filter,
      order: 'oldest',
      limit: MOST_OF_ONE_DECISION,
    })
    const read = readLeavesOf(leaves)
    const [first] = read
    if (!first) throw notFound()
    const told = read.findLast(({ record }) => record.kind !== 'opened')?.record ?? null
    return {
      decision: id,
      at: first.record.at,
      ...whoAndWhat(first.record),
      outcome: told?.outcome ?? null,
      refusal: told?.refusal ?? null,
      why: await whyOf(db, read),
      records: await this.records.disclosed(db, admission, leaves.map(viewOf)),
      parent: first.record.parent ?? null,
      parts: (await newestOf(this.search, db, { parent: id }, MOST_PARTS)).leaves.map(lineOf),
      session: await sessionAround(this.search, db, first),
    }
  }
}

const whoAndWhat = (record: AuditRecord): Pick<DecisionStory, 'who' | 'what'> => ({
  who: {
    human: record.human,
    agent: record.agent,
    delegators: record.delegators,
    session: record.session,
    ancestors: record.ancestors ?? [],
    keyThumbprint: record.keyThumbprint,
  },
  what: { channel: record.channel, connection: record.connection, action: record.action },
})

/** What the newest record of the decision says of either direction: a later one knows all that an earlier one knew. */
async function whyOf(db: TenantDb, read: readonly ReadLeaf[]): Promise<DecisionStory['why']> {
  const records = read.map(({ record }) => record)
  const [outbound, inbound] = [newestIn(records, 'outbound'), newestIn(records, 'inbound')]
  const bundle = records.find((record) => record.bundle)?.bundle ?? null
  const both = [...outbound, ...inbound]
  return {
    bundle: bundle && { ...bundle, mintedAt: await mintedAt(db, bundle) },
    rules: await withTexts(db, [...matchesIn(outbound, 'outbound'), ...matchesIn(inbound, 'inbound')]),
    byDefault: both.some(({ byDefault }) => byDefault),
    signals: [...new Set(both.flatMap(({ signals }) => signals))],
    labels: [...new Set(both.flatMap(({ labels }) => labels))],
  }
}

/** None or one. */
const newestIn = (records: readonly AuditRecord[], direction: Direction): RecordedDecision[] =>
  records.flatMap((record) => record[direction] ?? []).slice(-1)

const matchesIn = (decisions: readonly RecordedDecision[], direction: Direction): Match[] =>
  decisions.flatMap(({ matches }) => matches.map((match) => ({ ...match, direction })))

type DecidedBy = { readonly version: number; readonly sha256: string }

/** Of another bundle than the one that the record names by its hash nothing is said. */
async function mintedAt(db: TenantDb, { version, sha256 }: DecidedBy): Promise<string | null> {
  const row = await db.first<{ at: Date }>(
    'select issued_at as at from writ.bundles where tenant_id = $1 and version = $2 and sha256 = $3',
    [version, sha256],
  )
  return row?.at.toISOString() ?? null
}

/** A rule that matched, with its text. */
type RuleBehind = DecisionStory['why']['rules'][number]
type Match = Omit<RuleBehind, 'text'>
type VersionRow = { readonly policy: string; readonly version: number; readonly document: Json }

/** A version of a policy never changes, and a bundle carries versions whole: what stands there is what decided. */
async function withTexts(db: TenantDb, matches: readonly Match[]): Promise<RuleBehind[]> {
  const rows = await db.rows<VersionRow>(
    `select policy_id as policy, version, document from writ.policy_versions where tenant_id = $1
       and (policy_id, version) in (select * from unnest($2::text[], $3::integer[]))`,
    [matches.map(({ policy }) => policy), matches.map(({ policyVersion }) => policyVersion)],
  )
  return matches.map((match) => {
    const kept = rows.find((row) => row.policy === match.policy && row.version === match.policyVersion)
    return { ...match, text: kept ? ruleIn(kept.document, match.rule) : null }
  })
}

function ruleIn(document: Json, id: string): Json {
  const rules: Json | undefined = isObject(document) ? document['rules'] : undefined
  const found = Array.isArray(rules) ? rules.find((rule) => isObject(rule) && rule['id'] === id) : undefined
  return found ?? null
}

const isObject = (value: Json | undefined): value is { [member: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

async function sessionAround(
  search: RecordSearch,
  db: TenantDb,
  { leafIndex, record }: ReadLeaf,
): Promise<DecisionStory['session']> {
  const { session } = record
  if (session === null) return { lines: [], isCut: false }
  const sides = await Promise.all(
    (['newest', 'oldest'] as const).map((order) =>
      search.leaves(db, { filter: { session }, order, limit: AROUND, after: leafIndex }),
    ),
  )
  const around = sides.flatMap(({ leaves }) => leaves)
  const lines = around
    .flatMap((leaf) =>
      leaf.record && leaf.record.decisionId !== record.decisionId
        ? [lineOf({ ...leaf, record: leaf.record })]
        : [],
    )
    .toSorted((one, other) => one.leafIndex - other.leafIndex)
  // The story of this decision is told all the same: whoever asks for the session is told which record it is.
  const isDamaged = around.some(({ kind, record: read }) => read === null && kind !== 'unreadable')
  return { lines, isCut: isDamaged || sides.some(({ next }) => next !== null) }
}
