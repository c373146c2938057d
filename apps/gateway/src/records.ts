import { join, resolve } from 'node:path'
import type { BootId } from '@writ/contracts'
import type { Clock } from '@writ/enforcement'
import { createLedger, keepPresent, openNodeSpool, pause, Shipper, spoolLimits } from '@writ/point'
import type {
  ControlPlaneClient,
  NodeIdentity,
  NodeKeys,
  PointLedger,
  ReportProblem,
  Spool,
} from '@writ/point'
import { createRecordQueue } from '@writ/redis'
import type { GatewayConfig } from './config.ts'

/** The records of this gateway: on its disk, and on their way to the ledger. */
export type Records = {
  readonly spool: Spool
  readonly ledger: PointLedger
  /** how they leave: through the queue, round it, or not for now */
  readonly way: () => Shipper['way']
  /** ships them and looks after the disk, until the signal aborts */
  readonly run: (signal: AbortSignal) => Promise<void>
  readonly close: () => Promise<void>
}

type Means = {
  readonly keys: NodeKeys
  readonly identity: NodeIdentity
  readonly client: ControlPlaneClient
  readonly clock: Clock
  readonly newBoot: () => BootId
  readonly isClockSuspect: () => boolean
  readonly report: ReportProblem
}

const TEND_EVERY_MS = 1000

export async function openRecords(config: GatewayConfig, means: Means): Promise<Records> {
  const { keys, identity, client, clock, newBoot, report } = means
  const boot = newBoot()
  const folder = join(resolve(config.stateDir), 'spool')
  const limits = spoolLimits(config.spoolBytes, config.recordsKeptMs)
  const spool = await openNodeSpool(folder, boot, limits, report)
  const { build, remoteRecordMs: remoteMs, queueRedisUrl: url } = config
  const { isClockSuspect } = means
  const ledger = createLedger(
    { spool, node: identity.node, newBoot, clock, build, remoteMs, isClockSuspect, report },
    boot,
  )
  const queue = url === null ? null : createRecordQueue({ kind: 'redis', url })
  const shipper = new Shipper({
    spool,
    nodeKey: keys.nodeKey,
    queue: queue?.add ?? null,
    direct: client.sendBatch,
    postHeads: client.sendHeads,
    nowMs: clock.nowMs,
    report: (what, error) => report(`records wait on this machine: ${what}`, error),
  })
  const presence = {
    underWay: ledger.underWay,
    nodeKey: keys.nodeKey,
    postHeads: client.sendHeads,
    nowMs: clock.nowMs,
  }
  return {
    spool,
    ledger,
    way: () => shipper.way,
    run: async (signal) => {
      await Promise.all([
        shipper.run(signal),
        tend({ spool, ledger, report }, signal),
        keepPresent(presence, signal),
      ])
    },
    close: async () => {
      await Promise.all([spool.close(), queue?.close()])
    },
  }
}

type Tended = Pick<Records, 'spool' | 'ledger'> & Pick<Means, 'report'>

/** Looks after what is on the disk, and says so when there will soon be no room. */
async function tend({ spool, ledger, report }: Tended, signal: AbortSignal): Promise<void> {
  for (; !signal.aborted; await pause(TEND_EVERY_MS, signal)) {
    const { pressure, usedBytes, boundBytes } = spool
    if (pressure !== 'none') report('the spool fills up', { pressure, usedBytes, boundBytes })
    await ledger.tend().catch((error: unknown) => report('the spool cannot be looked after', error))
  }
}
