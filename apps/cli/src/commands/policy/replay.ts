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
  show(terminal, report, [...linesOf(report), ...reserve(options)].join('\n'))
  return report.unchanged === report.decisions ? EXIT.ok : EXIT.no
}

async function reportOn(
  { file, document, cedar }: PolicyFile,
  { records, last, replaces }: ReplayOptions,
  access: () => ApiAccess,
): Promise<Report> {
  if (records === undefined) return replayAtTenant(access(), { document, cedar, replaces }, last)
  const name = document.title ?? file
  const report = replayPolicy(
    { document, name, replaces: replaces ?? null, groups: null },
    await recordsIn(records),
  )
  return {
    ...report,
    byAgent: [...report.byAgent],
    byTool: [...report.byTool],
    byHuman: [...report.byHuman],
    changes: report.changes.map((change) => ({
      ...change,
      after: [...change.after],
      rules: [...change.rules],
    })),
  }
}

/** What a file of records cannot say, and the control plane can. */
const reserve = ({ records }: ReplayOptions): readonly string[] =>
  records === undefined
    ? []
    : ['as if the draft applied to everybody: records do not say who is in which group, nor who is trusted']

const MOST_LINES = 20

function linesOf({ decisions, unchanged, loses, gains, cannotTell, ...report }: Report): readonly string[] {
  const { byAgent, byTool, byHuman, changes } = report
  return [
    `${decisions} decisions: ${unchanged} unchanged, ${loses} stricter, ${gains} milder, ${cannotTell} cannot be told`,
    ...tallyLines('agent', byAgent),
    ...tallyLines('tool', byTool),
    ...tallyLines('human', byHuman),
    ...changes.slice(0, MOST_LINES).map(changeLine),
    ...(changes.length > MOST_LINES ? [`  and ${changes.length - MOST_LINES} more: see --json`] : []),
  ]
}

function tallyLines(what: string, tallies: Report['byAgent']): readonly string[] {
  if (tallies.length === 0) return []
  const lines = tallies.slice(0, MOST_LINES).map(({ name, loses, gains, cannotTell }) => {
    const parts = [
      [loses, 'stricter'] as const,
      [gains, 'milder'] as const,
      [cannotTell, 'cannot be told'] as const,
    ]
    const told = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
    return `    ${name}: ${told.join(', ')}`
  })
  return [`  by ${what}:`, ...lines]
}

function changeLine({ at, agent, human, tool, direction, ...change }: Report['changes'][number]): string {
  const because = change.rules.length === 0 ? '' : ` (${change.rules.join(', ')})`
  return `  ${at} ${agent} for ${human}, ${tool} ${direction}: ${change.before} -> ${change.after.join(' or ')}${because}`
}
