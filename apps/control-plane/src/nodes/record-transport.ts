import type { RecordQueue } from '@writ/redis'

/** The queue that carries batches to the ledger. A port, injected by class. */
export abstract class RecordTransport implements RecordQueue {
  abstract readonly add: RecordQueue['add']
  abstract readonly depth: RecordQueue['depth']
  abstract readonly sample: RecordQueue['sample']
  abstract readonly close: RecordQueue['close']
}
