import { join } from 'node:path'
import type { Clock, Ledger } from '@writ/enforcement'
import { createLedger, openSpoolDisk, Spool, spoolLimits } from '@writ/point'
import type { ReportProblem } from '@writ/point'
import { newId } from './moment.ts'
import type { Point } from './point.ts'

/** The build that records name. */
const BUILD = 'writ-daemon 0.1.0'

export type Records = { readonly spool: Spool; readonly ledger: Ledger; readonly folder: string }

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
  const disk = await openSpoolDisk(folder)
  const spool = await Spool.open(disk, boot, spoolLimits(spoolBytes), (reason) =>
    report('the spool is fenced: records cannot be written', reason),
  )
  const ledger = createLedger(
    { spool, node: point.node, newBoot: () => newId('boo'), clock, build: BUILD, report },
    boot,
  )
  return { spool, ledger, folder }
}

export const hasRoom = (spool: Spool): boolean => !spool.isFenced && spool.hasRoom('ordinary')
