import { canonical } from '@writ/audit'
import type { Json, PackKind } from '@writ/contracts'
import type { By } from '../tenancy/admission.ts'
import type { LostRange } from './streams.ts'
import type { Tally } from './tally.ts'
import type { PackPlan } from './work.ts'
import type { Written } from './zip.ts'

/** What a pack is, besides its rows. */
export type PackFacts = {
  readonly plan: PackPlan
  readonly tenant: { readonly id: string; readonly slug: string; readonly name: string }
  readonly requestedBy: By
  readonly requestedAt: string
  readonly madeAt: Date
  readonly origin: string
}

/** `manifest.json`, as docs/pack.md has it: what the pack claims, and the digest of every member. */
export function manifestText(
  { plan, tenant, requestedBy, requestedAt, madeAt, origin }: PackFacts,
  { tally, lost }: { readonly tally: Tally; readonly lost: readonly LostRange[] },
  members: readonly Written[],
): string {
  return canonical({
    v: 'writ.pack.v1',
    id: plan.id,
    createdAt: madeAt.toISOString(),
    tenant: tenant.id,
    tenantName: tenant.name,
    tenantSlug: tenant.slug,
    origin,
    kind: plan.kind satisfies PackKind,
    from: plan.from,
    to: plan.to,
    treeSize: plan.treeSize,
    rows: tally.records,
    query: jsonOf(plan.query),
    requestedBy: jsonOf(requestedBy),
    requestedAt,
    disclosed: plan.disclosed,
    bundles: bundlesOf(tally),
    streams: streamsOf(tally, lost),
    erasures: tally.erasures.map(({ leaf, subject, at }) => ({ leaf, subject, at })),
    members: Object.fromEntries(
      members.map(({ name, sha256, sizeBytes }) => [name, { bytes: sizeBytes, sha256 }]),
    ),
  })
}

// What is left out is not there, as JSON has it.
const jsonOf = (value: object): Json => JSON.parse(JSON.stringify(value))

const bundlesOf = ({ bundles }: Tally): Json =>
  [...bundles.values()]
    .map(({ version, sha256 }) => ({ version, sha256 }))
    .toSorted((a, b) => a.version - b.version || (a.sha256 < b.sha256 ? -1 : 1))

/** Every stream that has a row, or lost one. */
export const streamNames = ({ streams }: Tally, lost: readonly LostRange[]): string[] =>
  [...new Set([...streams.keys(), ...lost.map(({ stream }) => stream)])].toSorted()

const streamsOf = (tally: Tally, lost: readonly LostRange[]): Json =>
  streamNames(tally, lost).map((stream) => {
    const seqs = tally.streams.get(stream)?.seqs
    return {
      stream,
      first: seqs?.first ?? null,
      last: seqs?.last ?? null,
      rows: seqs?.count ?? 0,
      lost: lost.filter((range) => range.stream === stream).map(({ from, to }) => [from, to]),
    }
  })
