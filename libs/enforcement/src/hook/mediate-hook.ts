import { isRefusal, Refusal } from '@writ/contracts'
import type { Brakes, Clock, Ledger } from '../ports.ts'
import type { Entry } from '../stages.ts'
import { ruleBehind } from '../steps/refuse.ts'
import { settle } from '../steps/settle.ts'
import { noMoreRecords } from '../steps/standing.ts'
import { localOf } from './local-of.ts'
import type { Acting, HookAnswer, HookAsk, Weighed } from './stages.ts'

/** What mediation of a local action is made of; there is nothing to lend and nothing to forward. */
export type HookSteps = {
  readonly identify: () => Promise<Acting | Refusal>
  /** whether one more refusal of a tenant whose ledger is full is recorded */
  readonly unkept: Brakes['unkept']
  readonly weigh: (ask: HookAsk, acting: Acting, entry: HookEntry) => Promise<Weighed | Refusal>
  /** hears of every bug */
  readonly report: (bug: unknown, entry: HookEntry) => void
}

export type HookEntry = Entry<HookAsk>

/**
 * The one way through for what an agent does on its own machine. Every action leaves exactly one closed record before its client is
 * answered: without a record the answer is no. Where the tenant only observes, what policy said is recorded, and the answer is yes.
 */
export async function mediateHook(
  ask: HookAsk,
  steps: HookSteps,
  ledger: Ledger,
  clock: Clock,
): Promise<HookAnswer> {
  const entry: HookEntry = {
    channel: 'hooks',
    received: ask,
    startedAtMicros: clock.monotonicMicros(),
    action: ask.understood.action,
    opened: false,
    closed: false,
  }
  const weighed = await climb(ask, entry, steps).catch((bug: unknown) => {
    steps.report(bug, entry)
    return new Refusal('internal')
  })
  const isObserved = ask.held === undefined && entry.current?.bundle.hooks.mode === 'observe'
  const isMinded = isRefusal(weighed) || weighed.outcome === 'ask'
  entry.local = localOf(ask, isObserved && isMinded)
  end(entry, isObserved ? PASSES : weighed)
  await settle(entry)
  const unrecorded = await ledger.close(entry)
  return answered(isObserved ? PASSES : (unrecorded ?? weighed), entry)
}

const PASSES: Weighed = { outcome: 'allow', changed: null }

/** What is let out may have its effect, also where a person has yet to say so. */
function end(entry: HookEntry, ending: Weighed | Refusal): void {
  if (isRefusal(ending)) {
    entry.refusal = ending
    return
  }
  entry.sent = true
  if (ending.outcome === 'ask') entry.asked = true
}

async function climb(ask: HookAsk, entry: HookEntry, steps: HookSteps): Promise<Weighed | Refusal> {
  const acting = await steps.identify()
  if (isRefusal(acting)) return acting
  entry.current = acting.current
  entry.caller = acting.caller
  if (!acting.current.isFresh()) return new Refusal('policy_stale')
  const full = noMoreRecords(acting.current)
  if (full === null) return steps.weigh(ask, acting, entry)
  const wait = steps.unkept(acting.current.bundle.tenant)
  if (wait !== null) entry.limit = wait
  return full
}

function answered(weighed: Weighed | Refusal, entry: HookEntry): HookAnswer {
  const { decisionId } = entry.received
  if (!isRefusal(weighed))
    return { decisionId, ...weighed, refusal: null, rule: askingRule(weighed, entry), approval: null }
  return {
    decisionId,
    outcome: 'deny',
    refusal: weighed,
    rule: ruleBehind(weighed, entry),
    approval: entry.approval ?? null,
    changed: null,
  }
}

/** The rule that a person is told about when they are asked. */
const askingRule = ({ outcome }: Weighed, entry: HookEntry): HookAnswer['rule'] =>
  outcome === 'ask' ? ruleBehind(new Refusal('approval_required'), entry) : null
