import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { scanFrames } from '@writ/audit'
import { AuditRecord } from '@writ/contracts'
import type { ActionLine } from './receipt.ts'

/** What the hooks of clients asked in this run, out of the records that are on this machine. */
export const recordedActions = (folder: string): readonly ActionLine[] =>
  recordsIn(folder).filter(isAsked).map(lineOf)

const isAsked = ({ kind, local }: AuditRecord): boolean =>
  kind === 'closed' && local?.moment === 'before' && local.client !== 'sandbox'

const lineOf = (record: AuditRecord): ActionLine => ({
  what: nameOf(record.local?.tool ?? record.action?.tool, record.local?.client),
  outcome: record.outcome,
  reason: reasonOf(record),
  decisionId: record.decisionId,
})

function reasonOf({ outbound, refusal }: AuditRecord): string {
  const matches = outbound?.matches ?? []
  const said = ['deny', 'ask'].map((effect) => matches.find((match) => match.effect === effect)).find(Boolean)
  return said?.reason ?? refusal ?? ''
}

const nameOf = (tool: string | null | undefined, client = 'a client'): string =>
  `${tool ?? 'an action'} (${client})`

function recordsIn(folder: string): readonly AuditRecord[] {
  return namesIn(folder).flatMap((name) =>
    scanFrames(readFileSync(join(folder, name))).frames.flatMap(({ bytes }) => {
      const read = AuditRecord.safeParse(JSON.parse(bytes))
      return read.success ? [read.data] : []
    }),
  )
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.spool'))
  } catch {
    return []
  }
}
