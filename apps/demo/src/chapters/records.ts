import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditRecord, RecordView } from '@writ/contracts'
import { Evidence, pageOf, RecordView as RecordViewSchema, Verification } from '@writ/contracts'
import { z } from 'zod'
import type { Admin } from '../control-plane.ts'
import type { AgentScene } from '../scene.ts'
import { until } from '../scene.ts'
import { writ } from '../writ.ts'

/** Everything above is on the record, and the record is checked by somebody who does not trust the server. */
export async function records(scene: AgentScene): Promise<void> {
  const { transcript, database, enrolled } = scene
  transcript.chapter('All of it is on record, and the record verifies')
  const listed = await allRecords(scene)
  for (const row of listed) transcript.say(lineOf(row))
  const wanted = ['allow', 'deny', 'refused'] as const
  transcript.check(
    `${listed.length} closed records name human, agent, session, tool, resource, decision and policy version`,
    listed.length >= 9 && listed.every(isAttributed),
  )
  transcript.check(
    'allowed, denied and refused calls are all there',
    wanted.every((outcome) => listed.some(({ record }) => record.outcome === outcome)),
  )
  transcript.check(
    `the database holds exactly these ${listed.length}`,
    (await database.closedRecords(enrolled.id)) === listed.length,
  )
  await verified(scene)
}

/** The ledger is a few hundred milliseconds behind the calls; the refused and revoked ones arrive last. */
async function allRecords({ demo, enrolled }: AgentScene): Promise<Legible[]> {
  const answer = pageOf(RecordViewSchema)
  const path = `records?agent=${enrolled.id}&kind=closed&limit=500`
  let previous = -1
  const { value } = await until('the arrival of all records', 30_000, async () => {
    const items = (await demo.admin.get(path, answer)).items.filter(isLegible)
    const isSettled =
      items.length > 0 &&
      items.length === previous &&
      items.some(({ record }) => record.refusal === 'token_revoked')
    previous = items.length
    if (!isSettled) await new Promise((resolve) => setTimeout(resolve, 300))
    return isSettled ? items : undefined
  })
  return value
}

type Legible = RecordView & { readonly record: AuditRecord }

const isLegible = (row: RecordView): row is Legible => row.record !== null

function isAttributed({ record }: Legible): boolean {
  if (record.outcome === 'refused' && record.action === null) return record.agent !== null
  return Boolean(record.human && record.agent && record.session && record.action?.resource && record.bundle)
}

function lineOf({ record, disclosures = [] }: Legible): string {
  const { at, outcome, human, agent, bundle } = record
  // Names are sealed in records; whoever may see them gets them beside.
  const name = disclosures.find(({ path }) => path === '/human/name')?.value ?? human?.id
  const who = `${name ?? '?'} > ${agent?.name ?? '?'}`
  const columns = [timeOf(at), outcome.padEnd(7), subjectOf(record).padEnd(25), who, whyOf(record)]
  return [...columns, `(bundle v${bundle?.version ?? '?'})`].join('  ')
}

const subjectOf = ({ action }: AuditRecord): string => action?.tool ?? action?.method ?? 'not read'
const timeOf = (at: string): string => at.slice(11, 23)

function whyOf({ refusal, outbound, inbound }: AuditRecord): string {
  const rule = [...(outbound?.matches ?? []), ...(inbound?.matches ?? [])].find(
    ({ mode }) => mode === 'enforce',
  )
  const named = rule ? `${rule.effect} by ${rule.policyName} v${rule.policyVersion}` : 'no rule against it'
  return rule || refusal === null ? named : refusal
}

/** After a gateway was killed, what it had spooled arrives a little later; evidence is complete once nothing is on its way. */
const arrived = (admin: Admin): Promise<unknown> =>
  until('the arrival of what is on its way', 90_000, async () => {
    const { pending } = await admin.get('records/lag', z.object({ pending: z.int() }))
    return pending === 0 ? true : undefined
  })

async function verified({ config, demo, transcript }: AgentScene): Promise<void> {
  const folder = join(config.WRIT_STATE_DIR, 'demo')
  const file = join(folder, 'evidence.json')
  const environment = {
    WRIT_HOME: folder,
    WRIT_API_KEY: demo.admin.key,
    WRIT_CONTROL_PLANE_URL: config.WRIT_CONTROL_PLANE_URL,
  }
  await arrived(demo.admin)
  await writ(['audit', 'export', file], environment)
  const whole = await writ(['audit', 'verify', file, '--json'], {})
  const { records: count, streams } = Verification.parse(JSON.parse(whole.stdout))
  transcript.say('$ writ audit export evidence.json && writ audit verify evidence.json')
  transcript.check(
    `signatures, chain and completeness hold for ${count} records in ${streams} stream(s)`,
    whole.exitCode === 0,
  )

  const { copy, decisionId } = await flipOneByte(file)
  const flipped = await writ(['audit', 'verify', copy, '--json'], {})
  const { faults } = Verification.parse(JSON.parse(flipped.stdout))
  transcript.say(
    `one byte of one stored record is flipped in a copy → ${faults[0]?.check}: ${faults[0]?.message}`,
  )
  transcript.check(
    `verification of the copy fails and names the record (${decisionId})`,
    flipped.exitCode === 1 && faults.some((fault) => fault.decisionId === decisionId),
  )
}

/** Changes one character of the middle record, inside its timestamp, so that it still reads as a record. */
async function flipOneByte(file: string): Promise<{ copy: string; decisionId: string }> {
  const evidence = Evidence.parse(JSON.parse(await readFile(file, 'utf8')))
  const chosen = Math.floor(evidence.records.length / 2)
  const bytes = evidence.records[chosen]?.bytes ?? ''
  const at = bytes.indexOf('"at":"20') + 8
  const altered = `${bytes.slice(0, at)}${bytes.charAt(at) === '9' ? '8' : '9'}${bytes.slice(at + 1)}`
  const changed = {
    ...evidence,
    records: evidence.records.map((record, index) =>
      index === chosen ? { ...record, bytes: altered } : record,
    ),
  }
  const copy = file.replace('.json', '.altered.json')
  await writeFile(copy, JSON.stringify(changed))
  return { copy, decisionId: z.object({ decisionId: z.string() }).parse(JSON.parse(bytes)).decisionId }
}
