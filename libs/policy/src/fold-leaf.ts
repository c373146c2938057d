import type { Count, Sum } from '@writ/contracts'
import { READS } from './facts.ts'
import type { Facts } from './facts.ts'
import type { Leaf } from './leaf.ts'
import { matcherOf } from './match.ts'
import { NO_STATE } from './no-state.ts'
import type { Readers } from './readers.ts'
import { RuleFault } from './rule-fault.ts'
import { amountOf } from './session/amount.ts'
import { foldValue } from './session/fold.ts'
import { foldSpecOf } from './session/plan.ts'

const COST = 40

/** How many events there were in the session, or the sum over them, with the share of the action that is asked about. */
export function compileFold(condition: Count | Sum, readers: Readers): Leaf | RuleFault {
  const fold = valueOfFold(condition, readers)
  const matcher = matcherOf(condition.op, condition.value)
  if (fold instanceof RuleFault) return fold
  if (matcher === null) return new RuleFault(`${condition.op} cannot take the value given for a sum`)
  const test = (facts: Facts) => {
    const value = fold.read(facts)
    return value instanceof RuleFault ? value : (matcher(value) ?? false)
  }
  return { reads: fold.reads, cost: COST, test }
}

export type FoldReader = { readonly reads: number; readonly read: (facts: Facts) => number | RuleFault }

/** The number that is compared. */
export function valueOfFold(condition: Count | Sum, readers: Readers): FoldReader | RuleFault {
  const spec = foldSpecOf(condition)
  const share = shareOf(condition.plus ?? 0, readers)
  if (spec instanceof RuleFault) return spec
  if (share instanceof RuleFault) return share
  const read = (facts: Facts): number | RuleFault => {
    const { session, nowMs, action, connection, args } = facts.question
    if (session.state === null) return NO_STATE
    const past = foldValue(session.state, spec, { nowMs, action, connection, args, keys: facts.keys })
    const own = share.read(facts)
    if (past instanceof RuleFault) return past
    return own instanceof RuleFault ? own : past + own
  }
  return { reads: READS.session | READS.clock | share.reads | likenessOf(spec.select.same), read }
}

function shareOf(plus: number | string, readers: Readers): FoldReader | RuleFault {
  if (typeof plus === 'number') return { reads: 0, read: () => plus }
  const reader = readers.of(plus)
  if (reader instanceof RuleFault) return reader
  const read = (facts: Facts): number | RuleFault => {
    const value = reader.read(facts)
    return value instanceof RuleFault ? value : amountOf(value)
  }
  return { reads: reader.reads, read }
}

function likenessOf(same: 'resource' | 'arguments' | undefined): number {
  if (same === undefined) return 0
  return READS.keys | (same === 'resource' ? READS.resource : READS.args)
}
