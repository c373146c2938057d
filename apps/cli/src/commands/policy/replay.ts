import type { PolicyReplayAnswer } from '@writ/contracts'
import { replayPolicy } from '@writ/policy/authoring'
import type { z } from 'zod'
import type { ApiAccess } from '../../api.ts'
import type { ExitCode } from '../../failure.ts'
import { EXIT } from '../../failure.ts'
import type { Terminal } from '../../terminal.ts'
import { show } from '../../terminal.ts'
import type { PolicyFile } from './policy-file.ts'
import { isUnfit, problemLines, readPolicyFile } from './policy-file.ts'
import { recordsIn } from './recorded-file.ts'
import { replayAtTenant } from './tenant.ts'

export type ReplayOptions = {
  /** a file of records; without it the control plane replays its own */
  readonly records: string | undefined
  /** how many of the newest records the control plane takes */
  readonly last: number
  /** RFC 3339: only records from then on, and before then */
  readonly from: string | undefined
  readonly until: string | undefined
  /** the policy that the draft would take the place of: by name or id at the control plane, by id for a file */
  readonly replaces: string | undefined
}

type Report = Omit<z.infer<typeof PolicyReplayAnswer>, 'unreadable'>

/** A draft against recorded decisions. 0: nothing would change. 1: somebody would lose or gain something, or it cannot be told. */
export async function replayDraft(
  file: string,
  options: ReplayOptions,
  access: () => ApiAccess,
  terminal: Terminal,
): Promise<ExitCode> {
  const draft = await readPolicyFile(file)
  if (isUnfit(draft)) {
    show(terminal, { files: [draft] }, problemLines(draft).join('\n'))
    return EXIT.no
  }
  const report = await reportOn(draft, options, access)
  show(terminal, report, [...linesOf(report), ...reserve(options, report)].join('\n'))
  return report.unchanged === report.decisions ? EXIT.ok : EXIT.no
}

async function reportOn(
  { file, document, cedar }: PolicyFile,
  { records, last, replaces, from, until }: ReplayOptions,
  access: () => ApiAccess,
): Promise<Report> {
  if (records === undefined)
    return replayAtTenant(access(), { document, cedar, replaces }, { records: last, from, until })
  const name = document.title ?? file
  const report = replayPolicy(
    { document, name, replaces: replaces ?? null, groups: null },
    (await recordsIn(records)).filter(isBetween(from, until)),
  )
  return {
    ...report,
    isCut: false,
    byAgent: [...report.byAgent],
    byTool: [...report.byTool],
    byHuman: [...report.byHuman],
    changes: report.changes.map((change) => ({
      ...change,
      after: [...change.after],
      rules: [...change.rules],
      rewritings: { before: [...change.rewritings.before], after: [...change.rewritings.after] },
    })),
  }
}

const isBetween =
  (from: string | undefined, until: string | undefined) =>
  ({ at }: { readonly at: string }): boolean =>
    (from === undefined || Date.parse(at) >= Date.parse(from)) &&
    (until === undefined || Date.parse(at) < Date.parse(until))

/** What the report does not cover: of a file, what only the control plane knows; of the control plane, what it was not asked for. */
function reserve({ records, last }: ReplayOptions, { isCut }: Report): readonly string[] {
  if (records !== undefined)
    return [
      'as if the draft applied to everybody: records do not say who is in which group, nor who is trusted',
    ]
  return isCut
    ? [`only the newest ${last} records were looked at: ask for more with --last, or with --from and --until`]
    : []
}

const MOST_LINES = 20

const COUNTS = [
  ['loses', 'stricter'],
  ['gains', 'milder'],
  ['modifies', 'rewritten differently'],
  ['cannotTell', 'cannot be told'],
] as const

function linesOf({
  decisions,
  unchanged,
  byAgent,
  byTool,
  byHuman,
  changes,
  ...counts
}: Report): readonly string[] {
  const told = COUNTS.map(([count, word]) => `${counts[count]} ${word}`)
  return [
    `${decisions} decisions: ${[`${unchanged} unchanged`, ...told].join(', ')}`,
    ...tallyLines('agent', byAgent),
    ...tallyLines('tool', byTool),
    ...tallyLines('human', byHuman),
    ...changes.slice(0, MOST_LINES).map(changeLine),
    ...(changes.length > MOST_LINES ? [`  and ${changes.length - MOST_LINES} more: see --json`] : []),
  ]
}

function tallyLines(what: string, tallies: Report['byAgent']): readonly string[] {
  if (tallies.length === 0) return []
  const lines = tallies.slice(0, MOST_LINES).map(({ name, ...counts }) => {
    const told = COUNTS.filter(([count]) => counts[count] > 0)
    return `    ${name}: ${told.map(([count, word]) => `${counts[count]} ${word}`).join(', ')}`
  })
  const more = tallies.length > MOST_LINES ? [`    and ${tallies.length - MOST_LINES} more: see --json`] : []
  return [`  by ${what}:`, ...lines, ...more]
}

type Change = Report['changes'][number]

function changeLine({ at, agent, human, tool, direction, ...change }: Change): string {
  const because = change.rules.length === 0 ? '' : ` (${change.rules.join(', ')})`
  return `  ${at} ${agent} for ${human}, ${tool} ${direction}: ${turnOf(change)}${because}`
}

function turnOf({
  kind,
  before,
  after,
  rewritings,
}: Pick<Change, 'kind' | 'before' | 'after' | 'rewritings'>): string {
  if (kind !== 'modifies') return `${before} -> ${after.join(' or ')}`
  return `${before} with ${waysIn(rewritings.before)} -> ${waysIn(rewritings.after)}`
}

const waysIn = (ways: readonly string[]): string =>
  ways.length === 0 ? 'nothing known rewritten' : ways.join(', ')
