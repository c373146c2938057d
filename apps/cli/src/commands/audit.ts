import { readFile } from 'node:fs/promises'
import type { KnownNode } from '@writ/audit'
import { verifyEvidence } from '@writ/audit'
import type { Verification } from '@writ/contracts'
import { Evidence } from '@writ/contracts'
import type { ApiAccess } from '../api.ts'
import { callApi } from '../api.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import { writePrivate } from '../private-file.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import { readTrustedNodes, trustedNodesFile, trustNodes } from '../trusted-nodes.ts'

export type VerifyOptions = {
  /** absent: ask the control plane */
  readonly file: string | undefined
  /** evidence from before, whose node keys are known to be the right ones */
  readonly trusted: string | undefined
}

/** Fetches a tenant's evidence and writes it to a file that verifies offline. */
export async function exportEvidence(access: ApiAccess, file: string, terminal: Terminal): Promise<ExitCode> {
  const evidence = await callApi(access, 'records/evidence', Evidence)
  await writePrivate(file, JSON.stringify(evidence)).catch(() => {
    throw new Failure(`cannot write ${file}`, 'Name a file in a folder that exists and is yours.')
  })
  show(
    terminal,
    { file, records: evidence.records.length },
    `${evidence.records.length} records written to ${file}. Verify them: writ audit verify ${file}`,
  )
  return EXIT.ok
}

/**
 * Verifies evidence on this machine: signatures, chain, completeness.
 * Node keys are compared with those in `trusted`, and then no others count; else with those that this machine saw first for
 * the tenant (trust on first use), and a node that is new is reported as not pinned. Only what a control plane itself answered
 * is remembered: a file could come from anybody.
 */
export async function verifyRecords(
  home: string,
  access: () => ApiAccess,
  { file, trusted }: VerifyOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const server = file === undefined ? access() : null
  const evidence =
    server === null ? await evidenceIn(file ?? '') : await callApi(server, 'records/evidence', Evidence)
  const pins = trusted === undefined ? await pinsOf(home, evidence.tenant, server) : await pinsIn(trusted)
  const verification = verifyEvidence(evidence, pins.nodes, trusted === undefined ? 'unpinned' : 'fault')
  show(terminal, verification, textOf(evidence, verification, pins))
  if (server !== null && verification.holds) await remember(home, server.origin, evidence, terminal)
  return verification.holds ? EXIT.ok : EXIT.no
}

type Pins = { readonly nodes: readonly KnownNode[]; readonly from: string }

const pinsIn = async (trusted: string): Promise<Pins> => ({
  nodes: (await evidenceIn(trusted)).nodes,
  from: trusted,
})

/** @param server null for a file: then a tenant is known by its id, whichever control plane named it */
async function pinsOf(home: string, tenant: string, server: ApiAccess | null): Promise<Pins> {
  const known = await readTrustedNodes(home)
  const nodes = known.filter(
    (node) => node.tenant === tenant && (server === null || node.origin === server.origin),
  )
  return { nodes, from: trustedNodesFile(home) }
}

async function remember(home: string, origin: string, evidence: Evidence, terminal: Terminal): Promise<void> {
  const { tenant } = evidence
  try {
    await trustNodes(
      home,
      evidence.nodes.map((node) => ({ origin, tenant, ...node })),
    )
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    terminal.note(`the node keys are not remembered: ${error.message}. ${error.remedy}`)
  }
}

async function evidenceIn(file: string): Promise<Evidence> {
  const bytes = await readFile(file).catch(() => {
    throw new Failure(`cannot read ${file}`, 'Write one with: writ audit export <file>')
  })
  const read = Evidence.safeParse(parsed(bytes))
  if (!read.success)
    throw new Failure(`${file} is not evidence of Writ`, 'Write one with: writ audit export <file>')
  return read.data
}

/** Strict: a byte that is no UTF-8 must not read as a character that was signed. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return null
  }
}

function textOf(evidence: Evidence, verification: Verification, pins: Pins): string {
  const lines = [
    sentencesOf(verification),
    `  tenant: ${evidence.tenant}`,
    ...keysOf(evidence, verification, pins),
  ]
  if (verification.unpinnedNodes.length > 0) lines.push(UNPINNED)
  return lines.join('\n')
}

const UNPINNED = "node keys are the server's word: pin them with --trusted <earlier evidence>"
const MOST_LINES = 50

function sentencesOf({ holds, records, streams, faults }: Verification): string {
  const scope = `${records} records in ${streams} streams`
  if (holds) return `${scope}: signatures, chain and completeness hold.`
  const lines = faults.slice(0, MOST_LINES).map(({ check, decisionId, stream, seq, message }) => {
    const where = decisionId ?? (stream === null ? 'the evidence' : `${stream} #${seq ?? '?'}`)
    return `  ${check}: ${where}: ${message}`
  })
  const rest = faults.length > MOST_LINES ? [`  and ${faults.length - MOST_LINES} more: see --json`] : []
  return [`${scope}: ${faults.length} fault(s).`, ...lines, ...rest].join('\n')
}

function keysOf({ nodes }: Evidence, { unpinnedNodes }: Verification, pins: Pins): string[] {
  return nodes.map(({ node, publicKey }) => {
    const isKnown = pins.nodes.some((known) => known.node === node && known.publicKey === publicKey)
    const known = isKnown ? `known from ${pins.from}` : `NOT the one in ${pins.from}`
    const from = unpinnedNodes.includes(node) ? 'as the evidence names it; compare it' : known
    return `  signing key of ${node}: ${publicKey} (${from})`
  })
}
