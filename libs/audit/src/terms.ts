import type { AuditRecord, RecordFilter } from '@writ/contracts'

/** A member of a filter whose value is looked up by its term; the others bound time, or are compared with the bytes. */
export type TermField = Exclude<keyof RecordFilter, 'decision' | 'sha256' | 'from' | 'until'>

/**
 * What an index keeps of a record: one number for each value of each field, without duplicates. The upper 6 bits say which
 * field, the lower 26 are a hash of the value. Two values may have the same term, so a record that is found by terms is looked at with
 * `matchesFilter` before it is shown; a record without the term does not match.
 */
export function termsOf(record: AuditRecord): number[] {
  const terms: number[] = []
  for (const { code, valuesOf: valuesIn } of ALL) {
    for (const value of valuesIn(record)) {
      if (value === null || value === undefined) continue
      const term = termUnder(code, value)
      if (!terms.includes(term)) terms.push(term)
    }
  }
  return terms
}

/** The term of one value of one field, a signed 32-bit integer. */
export const termOf = (field: TermField, value: string): number => termUnder(VALUES[field].code, value)

/** First and last term that a field can have. */
export const termRangeOf = (field: TermField): readonly [from: number, to: number] => {
  const from = VALUES[field].code << HASH_BITS
  return [from, from | ((1 << HASH_BITS) - 1)]
}

/** The values that a record has of a field. */
export const valuesOf = (record: AuditRecord, field: TermField): string[] =>
  VALUES[field].valuesOf(record).flatMap((value) => value ?? [])

/** Terms that every record has that matches the filter. */
export const termsAsked = (filter: RecordFilter): number[] =>
  FIELDS.flatMap(([field]) => {
    const asked = filter[field]
    return asked === undefined ? [] : [termOf(field, String(asked))]
  })

/** Whether the record is one that the filter asks for. */
export const matchesFilter = (record: AuditRecord, filter: RecordFilter): boolean =>
  FIELDS.every(([field]) => {
    const asked = filter[field]
    return asked === undefined || VALUES[field].valuesOf(record).includes(String(asked))
  }) && BESIDES.every((holds) => holds(record, filter))

const BESIDES: readonly ((record: AuditRecord, filter: RecordFilter) => boolean)[] = [
  ({ decisionId }, { decision }) => decision === undefined || decisionId.startsWith(decision),
  ({ request, response }, { sha256 }) =>
    sha256 === undefined || request?.sha256 === sha256 || response?.sha256 === sha256,
  ({ at }, { from }) => from === undefined || Date.parse(at) >= Date.parse(from),
  ({ at }, { until }) => until === undefined || Date.parse(at) < Date.parse(until),
]

const HASH_BITS = 26

type Values = readonly (string | null | undefined)[]
/** `code` stands in stored terms: a field keeps its own for ever, and a new one gets a new one, at most 63. */
type Field = { readonly code: number; readonly valuesOf: (record: AuditRecord) => Values }

const matchesOf = ({ outbound, inbound }: AuditRecord) => [
  ...(outbound?.matches ?? []),
  ...(inbound?.matches ?? []),
]

const VALUES: Readonly<Record<TermField, Field>> = {
  agent: { code: 1, valuesOf: ({ agent }) => [agent?.id] },
  human: { code: 2, valuesOf: ({ human }) => [human?.id] },
  session: { code: 3, valuesOf: ({ session }) => [session] },
  delegator: { code: 4, valuesOf: ({ delegators }) => delegators.map(({ id }) => id) },
  ancestor: { code: 5, valuesOf: ({ ancestors = [] }) => ancestors },
  parent: { code: 6, valuesOf: ({ parent }) => [parent] },
  trace: { code: 7, valuesOf: ({ trace }) => [trace?.id] },
  tool: { code: 8, valuesOf: ({ action }) => [action?.tool] },
  class: { code: 9, valuesOf: ({ action }) => [action?.class] },
  method: { code: 10, valuesOf: ({ action }) => [action?.method] },
  resource: { code: 11, valuesOf: ({ action }) => [action?.resource] },
  connection: { code: 12, valuesOf: ({ connection }) => [connection?.id] },
  credential: {
    code: 13,
    valuesOf: ({ credential }) => [credential && `${credential.connection}:${credential.version}`],
  },
  channel: { code: 14, valuesOf: ({ channel }) => [channel] },
  kind: { code: 15, valuesOf: ({ kind }) => [kind] },
  outcome: { code: 16, valuesOf: ({ outcome }) => [outcome] },
  refusal: { code: 17, valuesOf: ({ refusal }) => [refusal] },
  rule: { code: 18, valuesOf: (record) => matchesOf(record).map(({ rule }) => rule) },
  policy: { code: 19, valuesOf: (record) => matchesOf(record).map(({ policy }) => policy) },
  effect: { code: 20, valuesOf: (record) => matchesOf(record).map(({ effect }) => effect) },
  approval: { code: 21, valuesOf: ({ outbound, inbound }) => [outbound?.approval, inbound?.approval] },
  bundle: { code: 22, valuesOf: ({ bundle }) => [bundle && String(bundle.version)] },
  signal: {
    code: 23,
    valuesOf: ({ outbound, inbound }) => [...(outbound?.signals ?? []), ...(inbound?.signals ?? [])],
  },
  label: {
    code: 24,
    valuesOf: ({ outbound, inbound }) => [...(outbound?.labels ?? []), ...(inbound?.labels ?? [])],
  },
  flag: { code: 25, valuesOf: ({ flags = [] }) => flags },
  key: { code: 26, valuesOf: ({ keyThumbprint }) => [keyThumbprint] },
  node: { code: 27, valuesOf: ({ gateway }) => [gateway.node] },
  build: { code: 28, valuesOf: ({ gateway }) => [gateway.build] },
  client: { code: 29, valuesOf: ({ local }) => [local?.client] },
  fact: { code: 30, valuesOf: ({ local }) => local?.facts.map(({ kind }) => kind) ?? [] },
  host: { code: 31, valuesOf: ({ local }) => local?.hosts ?? [] },
  package: { code: 32, valuesOf: ({ local }) => local?.packages ?? [] },
  by: { code: 33, valuesOf: ({ administration }) => [administration?.by.id] },
  permission: { code: 34, valuesOf: ({ administration }) => [administration?.permission] },
  target: { code: 35, valuesOf: ({ administration }) => [administration?.target] },
  finding: { code: 36, valuesOf: ({ finding }) => [finding?.kind] },
}

const isField = (name: string): name is TermField => name in VALUES
const FIELDS = Object.keys(VALUES)
  .filter(isField)
  .map((field): readonly [TermField, Field] => [field, VALUES[field]])

const ALL: readonly Field[] = FIELDS.map(([, field]) => field)

const termUnder = (code: number, value: string): number =>
  (code << HASH_BITS) | (hash32(value) >>> (32 - HASH_BITS))

/** FNV-1a over UTF-16 code units, with the finish of MurmurHash3 so that every bit of the upper ones depends on every character. */
function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
