import { isFault, readRecord } from '@writ/audit'
import type { AuditRecord, Durability, StreamId } from '@writ/contracts'
import { streamIdOf } from '@writ/contracts'
import { currentBundleOf } from '@writ/enforcement'
import type { Entry } from '@writ/enforcement'
import { bundleOf, callerOf, connectionOf, id, receivedOf } from '../sample.fixture.ts'
import { createLedger } from './ledger.ts'
import type { SpoolLimits } from './spool-limits.ts'
import { openSpool } from './spool.fixture.ts'
import type { Wrap } from './spool.fixture.ts'
import type { Spool } from './spool.ts'

export const SMALL = { maxBytes: 4_000_000, reserveBytes: 1_000_000, segmentBytes: 100_000 }

/** A ledger on a spool of its own, with a clock that the spec moves. */
export async function givenLedger(
  limits: Partial<SpoolLimits> = {},
  wrap?: Wrap,
  channel: 'gateway' | 'hooks' = 'gateway',
) {
  const { spool, fences, folder } = await openSpool(limits, wrap ? { wrap } : {})
  let boots = 0
  const reports: string[] = []
  const time = { nowMs: 1_800_000_000_000, stepMs: 0, asked: 0 }
  const ledger = createLedger(
    {
      spool,
      node: () => id('nod'),
      newBoot: () => `boo_${String((boots += 1)).padStart(26, '0')}`,
      clock: {
        nowMs: () => ((time.asked += 1), (time.nowMs += time.stepMs)),
        monotonicMicros: () => 0,
      },
      build: 'test',
      channel,
      remoteMs: 300,
      report: (problem) => void reports.push(problem),
    },
    id('boo'),
  )
  return { ledger, spool, folder, fences, reports, time }
}

export function entryOf(durability: Durability, change: Partial<Entry> = {}): Entry {
  const bundle = bundleOf('acme', 7)
  return {
    channel: 'gateway',
    received: receivedOf(),
    startedAtMicros: 0,
    current: currentBundleOf(
      { ...bundle, tenant: { ...bundle.tenant, durability } },
      'a'.repeat(64),
      () => true,
    ),
    caller: callerOf(),
    connection: connectionOf(),
    opened: false,
    closed: false,
    ...change,
  }
}

/** Of all streams that a spool holds records of, but the filler's. */
export async function recordsOf(spool: Spool): Promise<AuditRecord[]> {
  const records: AuditRecord[] = []
  for (const { stream } of spool.heads().filter((head) => head.stream !== FILLER))
    for (const { bytes } of await spool.read(stream, 0, 10_000)) {
      const record = readRecord(bytes)
      if (isFault(record)) throw new Error(record.message)
      records.push(record)
    }
  return records
}

/** Without what a stream says of itself. */
export const kindsOf = async (spool: Spool): Promise<AuditRecord[]> =>
  (await recordsOf(spool)).filter(({ kind }) => ['opened', 'closed', 'gap'].includes(kind))

export const FILLER: StreamId = streamIdOf(id('nod'), id('boo', '9'), id('ten', '9'))
let filled = 0

export const fill = async (spool: Spool, share: number): Promise<void> => {
  const bytes = 'x'.repeat(20_000)
  for (; spool.usedBytes < share * spool.boundBytes; filled += 1)
    await spool.append({ stream: FILLER, seq: filled, bytes }, '')
}
