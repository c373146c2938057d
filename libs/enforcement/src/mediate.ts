import { isRefusal, Refusal } from '@writ/contracts'
import type { Clock, Ledger } from './ports.ts'
import type {
  Allowed,
  Answer,
  Asked,
  Entry,
  Frame,
  Judged,
  Lease,
  Received,
  UpstreamAnswer,
  Verified,
} from './stages.ts'

/** What mediation is made of. Each step writes what it learnt into the entry, and none calls another. */
export type Steps = {
  readonly verify: (entry: Entry) => Promise<Verified | Refusal>
  readonly read: (verified: Verified, entry: Entry) => Asked | Refusal
  readonly decide: (asked: Asked, entry: Entry) => Promise<Allowed | Refusal>
  readonly inject: (allowed: Allowed, entry: Entry) => Promise<Lease | Refusal>
  readonly forward: (allowed: Allowed, lease: Lease, entry: Entry) => Promise<UpstreamAnswer | Refusal>
  readonly judge: (answer: UpstreamAnswer, allowed: Allowed, entry: Entry) => Promise<Judged | Refusal>
  /** gives back what the call took from its session when nothing came of it */
  readonly settle: (entry: Entry) => Promise<void>
  /** turns a refusal into what the agent may read of it */
  readonly refuse: (refusal: Refusal, entry: Entry) => Answer
  /** hears of every bug; what it hears never reaches the agent */
  readonly report: (bug: unknown, entry: Entry) => void
}

/** The one way through. Every message, refused or answered, leaves exactly one closed record before its answer goes out. */
export async function mediate(
  received: Received,
  steps: Steps,
  ledger: Ledger,
  clock: Clock,
): Promise<Answer> {
  const entry: Entry = {
    channel: 'gateway',
    received,
    startedAtMicros: clock.monotonicMicros(),
    opened: false,
    closed: false,
  }
  const judged = await climb(entry, steps, ledger).catch((bug: unknown) => {
    steps.report(bug, entry)
    return new Refusal('internal')
  })
  if (!isRefusal(judged) && judged.kind === 'stream')
    return { ...judged, frames: recorded(judged.frames, entry, steps, ledger) }
  if (isRefusal(judged)) entry.refusal = judged
  await steps.settle(entry)
  const unrecorded = await ledger.close(entry)
  if (unrecorded) return steps.refuse(unrecorded, entry)
  return isRefusal(judged) ? steps.refuse(judged, entry) : judged
}

async function climb(entry: Entry, steps: Steps, ledger: Ledger): Promise<Judged | Refusal> {
  const verified = await steps.verify(entry)
  if (isRefusal(verified)) return verified

  const asked = steps.read(verified, entry)
  if (isRefusal(asked)) return asked

  const allowed = await steps.decide(asked, entry)
  if (isRefusal(allowed)) return allowed

  const unrecorded = await ledger.open(entry)
  if (unrecorded) return unrecorded

  const lease = await steps.inject(allowed, entry)
  if (isRefusal(lease)) return lease

  const response = await steps.forward(allowed, lease, entry)
  if (isRefusal(response)) return response

  return steps.judge(response, allowed, entry)
}

/** A stream is answered while it comes: its record closes before the frame that ends the call, and at the end in any case. */
async function* recorded(
  frames: AsyncIterable<Frame>,
  entry: Entry,
  steps: Steps,
  ledger: Ledger,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const frame of frames) {
      if (frame.endsCall && (await ledger.close(entry))) return
      yield frame.bytes
    }
  } catch (bug) {
    steps.report(bug, entry)
    entry.refusal ??= new Refusal('internal')
  } finally {
    // Cut off for a reason, which the record tells.
    const cutBy: unknown = entry.received.hangUp.reason
    if (isRefusal(cutBy)) entry.refusal ??= cutBy
    await steps.settle(entry)
    await ledger.close(entry)
  }
}
