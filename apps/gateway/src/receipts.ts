import type { DecisionId } from '@writ/contracts'
import type { AnyEntry, Ledger } from '@writ/enforcement'

/** An agent that sends this field is told where the record of its message stands. */
export const RECEIPT_HEADER = 'writ-receipt'

/** Receipts of messages that are being answered. */
export type Receipts = {
  /** the same ledger, which leaves a receipt for whoever asked for one */
  readonly of: (ledger: Ledger) => Ledger
  /** The receipt of a message, once: a structured field (RFC 9651), or null where none was asked for or nothing was recorded. */
  readonly take: (decisionId: DecisionId) => string | null
}

export function createReceipts(): Receipts {
  const kept = new Map<DecisionId, string>()
  const written = async (
    unrecorded: ReturnType<Ledger['open']>,
    entry: AnyEntry,
    kind: 'opened' | 'closed',
  ) => {
    if ((await unrecorded) === null && entry.place)
      kept.set(entry.received.decisionId, receiptOf(entry.place, kind))
    return unrecorded
  }
  return {
    of: (ledger) => ({
      open: (entry) => {
        const unrecorded = ledger.open(entry)
        return isAskedFor(entry) ? written(unrecorded, entry, 'opened') : unrecorded
      },
      close: (entry) => {
        const isFirst = !entry.closed
        const unrecorded = ledger.close(entry)
        return isFirst && isAskedFor(entry) ? written(unrecorded, entry, 'closed') : unrecorded
      },
    }),
    take: (decisionId) => {
      const receipt = kept.get(decisionId) ?? null
      kept.delete(decisionId)
      return receipt
    },
  }
}

/** Not of a part of a message: it has the fields of the whole, but no answer of its own that would take the receipt. */
const isAskedFor = ({ received }: AnyEntry): boolean =>
  received.parent === undefined &&
  'headers' in received &&
  received.headers instanceof Map &&
  received.headers.has(RECEIPT_HEADER)

/** `opened`: the answer goes out before the message has ended, so it is the record of its beginning. */
const receiptOf = ({ stream, seq, sha256 }: NonNullable<AnyEntry['place']>, kind: 'opened' | 'closed') =>
  `"${stream}";seq=${seq};sha256=:${Buffer.from(sha256, 'hex').toString('base64')}:;kind=${kind}`
