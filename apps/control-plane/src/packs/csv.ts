import { canonical } from '@writ/audit'
import type { Disclosure, Json } from '@writ/contracts'
import { stringify } from 'csv-stringify/sync'
import { memberAt } from './fields.ts'

/** What `records.csv` shows of a record, by where it stands in it. The bytes in `records.jsonl` have all of it. */
const COLUMNS: readonly string[] = [
  'at',
  'kind',
  'outcome',
  'refusal',
  'channel',
  'human.id',
  'human.name',
  'agent.id',
  'agent.name',
  'delegators',
  'session',
  'connection.name',
  'action.method',
  'action.tool',
  'action.class',
  'action.resource',
  'outbound.outcome',
  'outbound.matches.0.policyName',
  'outbound.matches.0.rule',
  'outbound.matches.0.effect',
  'outbound.matches.0.reason',
  'outbound.matches',
  'inbound.outcome',
  'inbound.matches',
  'bundle.version',
  'credential.version',
  'request.sha256',
  'request.sizeBytes',
  'response.sha256',
  'response.sizeBytes',
  'response.status',
  'administration.route',
  'administration.by.id',
  'administration.target',
  'local',
  'finding.kind',
  'finding.text',
  'flags',
  'lost',
  'erasure',
  'durationMicros',
  'decisionId',
  'parent',
  'trace.id',
  'gateway.node',
  'stream',
  'seq',
]
const PATHS = COLUMNS.map((column) => column.split('.'))
const POINTERS = PATHS.map((path) => `/${path.join('/')}`)

/** A record for the spreadsheet. `disclosures`: what is opened of it. */
export type TabledRecord = {
  readonly leaf: number
  readonly tree: Json
  readonly disclosures: readonly Disclosure[]
}

export const csvHead = (): string => stringify([['leaf', ...COLUMNS]], FORM)

export const csvOf = (records: readonly TabledRecord[]): string =>
  stringify(
    records.map(({ leaf, tree, disclosures }) => [
      String(leaf),
      ...PATHS.map((path, at) => inert(cellOf(memberAt(tree, path), opened(disclosures, POINTERS[at])))),
    ]),
    FORM,
  )

// Every cell is quoted, so that nothing in one ends it; docs/pack.md says the same.
const FORM = { quoted: true, quoted_empty: true, record_delimiter: '\r\n' } as const

function cellOf(member: Json | undefined, disclosed: string | undefined): string {
  if (member === undefined || member === null) return ''
  if (typeof member === 'string') return member
  if (typeof member === 'object' && 'c' in member && 'ct' in member) return disclosed ?? '(sealed)'
  return textOf(member)
}

// A damaged record may hold what has no canonical form; it is named elsewhere.
function textOf(member: Json): string {
  try {
    return canonical(member)
  } catch {
    return ''
  }
}

const opened = (disclosures: readonly Disclosure[], pointer: string | undefined): string | undefined =>
  disclosures.find(({ path }) => path === pointer)?.value

/**
 * Names of tools, agents and resources are chosen by whoever calls, and a spreadsheet takes a cell that begins like a formula for one. It
 * gets an apostrophe before it, also behind quotes and white space, which some of them trim away, and for the full-width forms. In many
 * languages they separate cells by `;` or tabs, whatever is quoted: there a cell begins in the middle of a text.
 */
export const inert = (text: string): string => text.replaceAll(FORMULA, "'")

/** The places before which a formula could begin; docs/pack.md says the same. */
const FORMULA = /^(?=[\t\r\n])|(?<![^;\t\r\n])(?=[ "'\u00a0\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20])/g
