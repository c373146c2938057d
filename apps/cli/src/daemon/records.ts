import { join } from 'node:path'
import type { Clock } from '@writ/enforcement'
import { createLedger, openNodeSpool, pause, spoolLimits } from '@writ/point'
import type { PointLedger, ReportProblem, Spool } from '@writ/point'
import { newId } from './moment.ts'
import type { Point } from './point.ts'

/** The build that records name. */
const BUILD = 'writ-daemon 0.1.0'

export type Records = { readonly spool: Spool; readonly ledger: PointLedger; readonly folder: string }

/**
 * The records of this device. A tenant's go to its ledger and leave; where there is no tenant they stay, each start in a folder of its own,
 * so that several may run at once.
 */
export async function openRecords(
  point: Point,
  { spoolBytes, clock, report }: { spoolBytes: number; clock: Clock; report: ReportProblem },
): Promise<Records> {
  const boot = newId('boo')
  const folder =
    point.kind === 'tenant' ? join(point.stateDir, 'spool') : join(point.stateDir, 'records', boot)
  const spool = await openNodeSpool(folder, boot, spoolLimits(spoolBytes, keptMsOf(point)), report)
  const ledger = createLedger(
    {
      spool,
      node: point.node,
      newBoot: () => newId('boo'),
      clock,
      build: BUILD,
      channel: 'hooks',
      remoteMs: REMOTE_MS,
      report,
    },
    boot,
  )
  return { spool, ledger, folder }
}

/** A client waits no longer for its hook. */
const REMOTE_MS = 1200

/** Looks after the records of this device until the signal aborts. */
export async function tendRecords(
  { ledger }: Records,
  signal: AbortSignal,
  report: ReportProblem,
): Promise<void> {
  for (; !signal.aborted; await pause(TEND_EVERY_MS, signal))
    await ledger.tend().catch((error: unknown) => report('the records cannot be looked after', error))
}

const TEND_EVERY_MS = 1000

/** A device keeps what its tenant's ledger has for a day, or until it is archived; what stays anyway is never confirmed. */
const keptMsOf = ({ kind }: Point): number | null => (kind === 'tenant' ? DAY_MS : null)

const DAY_MS = 86_400_000

export const hasRoom = (spool: Spool): boolean => !spool.isFenced && spool.hasRoom('ordinary')
