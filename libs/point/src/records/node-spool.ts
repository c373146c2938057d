import type { BootId } from '@writ/contracts'
import type { ReportProblem } from '../problems.ts'
import { reasonOf } from '../problems.ts'
import type { FaultySegment } from './segments.ts'
import { openSpoolDisk } from './spool-disk.ts'
import type { SpoolLimits } from './spool-limits.ts'
import { Spool } from './spool.ts'

/** The spool of a node in a folder of its own; what is wrong with it, now or later, is reported, with the files that it is about. */
export async function openNodeSpool(
  folder: string,
  boot: BootId,
  limits: SpoolLimits,
  report: ReportProblem,
): Promise<Spool> {
  const spool = await Spool.open(await openSpoolDisk(folder), boot, limits, (reason) =>
    report('the spool is fenced: records cannot be written', reason),
  )
  if (spool.faulty.length > 0) report(FAULTY, { folder, segments: spool.faulty.map(wordsOf) })
  return spool
}

const FAULTY =
  'segments of the spool cannot be read to their end: they stay on the disk, and what the ledger lacks of them is not sent'

const wordsOf = ({ name, problem, cause }: FaultySegment): string =>
  cause === null ? `${name}: ${problem}` : `${name}: ${problem}: ${String(reasonOf(cause))}`
