import { OutletTarget } from '@writ/contracts'
import type { OutletFailureCode, OutletId, OutletView } from '@writ/contracts'
import { CEF_MAPPING, CLOUD_EVENT_MAPPING, OCSF_MAPPING, OTLP_MAPPING, RECORD_MAPPING } from '@writ/outlets'
import type { Mapping } from '@writ/outlets'
import { z } from 'zod'

/** What the operator may have configured for every tenant; tenants cannot make such an outlet. */
export const OperatorTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), format: z.enum(['record', 'ocsf']) }),
  z.strictObject({ kind: z.literal('stdout'), format: z.enum(['record', 'ocsf']) }),
])
export type OperatorTarget = z.infer<typeof OperatorTarget>

export const AnyTarget = z.union([OutletTarget, OperatorTarget])
export type AnyTarget = z.infer<typeof AnyTarget>

/** The mapping that makes what an outlet sends. */
export function mappingOf(target: AnyTarget): Mapping {
  if (target.kind === 'otlp') return OTLP_MAPPING
  if (target.kind === 'syslog') return CEF_MAPPING
  if (target.format === 'ocsf') return OCSF_MAPPING
  return target.kind === 'webhook' ? CLOUD_EVENT_MAPPING : RECORD_MAPPING
}

/** A row of `writ.outlets` as the API looks at it, with what else is known of it. */
export type OutletRow = {
  readonly id: OutletId
  readonly name: string
  readonly target: unknown
  readonly discloses: boolean
  readonly created_at: Date
  readonly paused_at: Date | null
  readonly next_leaf: number
  readonly size: number
  readonly failures: number
  readonly failure_code: OutletFailureCode | null
  readonly failure_detail: string | null
  readonly due_at: Date
  readonly delivered: number
  readonly delivered_at: Date | null
  readonly test_id: string | null
  readonly test_asked_at: Date | null
  readonly test_ended_at: Date | null
  readonly test_code: OutletFailureCode | null
  readonly test_detail: string | null
  readonly has_authorization: boolean
  readonly secret_version: number | null
  readonly dead_letters: number
}

/** `$1` is the tenant. Outlets of the operator are nobody's here. */
export const SELECT_OUTLETS = `
  select o.id, o.name, o.target, o.discloses, o.created_at, o.paused_at, o.next_leaf::float8 as next_leaf,
         coalesce((select l.size from writ.tenant_logs l where l.tenant_id = o.tenant_id), 0)::float8 as size,
         o.failures, o.failure_code, o.failure_detail, o.due_at, o.delivered::float8 as delivered, o.delivered_at,
         o.test_id, o.test_asked_at, o.test_ended_at, o.test_code, o.test_detail,
         exists (select from writ.outlet_secrets s where s.tenant_id = o.tenant_id and s.outlet_id = o.id
                  and s.purpose = 'authorization') as has_authorization,
         (select max(s.version) from writ.outlet_secrets s where s.tenant_id = o.tenant_id and s.outlet_id = o.id
            and s.purpose = 'signing') as secret_version,
         (select count(*)::int from writ.outlet_dead_letters d where d.tenant_id = o.tenant_id and d.outlet_id = o.id) as dead_letters
    from writ.outlets o where o.tenant_id = $1 and o.deleted_at is null and not o.of_operator`

export function outletView(row: OutletRow): OutletView {
  const target = OutletTarget.parse(row.target)
  const { name, version } = mappingOf(target)
  return {
    id: row.id,
    name: row.name,
    target,
    mapping: { name, version },
    discloses: row.discloses,
    hasAuthorization: row.has_authorization,
    secretVersion: row.secret_version,
    status: statusOf(row),
    createdAt: row.created_at.toISOString(),
  }
}

function statusOf(row: OutletRow): OutletView['status'] {
  const state = row.paused_at ? 'paused' : row.failures > 0 ? 'failing' : 'delivering'
  return {
    state,
    nextLeaf: row.next_leaf,
    lag: Math.max(0, row.size - row.next_leaf),
    delivered: row.delivered,
    deliveredAt: row.delivered_at?.toISOString() ?? null,
    failures: row.failures,
    failure: failureOf(row.failure_code, row.failure_detail),
    retryAt: state === 'failing' ? row.due_at.toISOString() : null,
    deadLetters: row.dead_letters,
    test: testOf(row),
  }
}

function testOf(row: OutletRow): OutletView['status']['test'] {
  if (row.test_id === null || row.test_asked_at === null) return null
  const failure = failureOf(row.test_code, row.test_detail)
  const ended = failure === null ? 'delivered' : 'failed'
  return {
    id: row.test_id,
    askedAt: row.test_asked_at.toISOString(),
    outcome: row.test_ended_at === null ? 'waiting' : ended,
    failure,
  }
}

const failureOf = (code: OutletFailureCode | null, detail: string | null) =>
  code === null ? null : { code, detail: detail ?? '' }
