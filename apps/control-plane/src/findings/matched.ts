import { SKEW_MS, UNDER_WAY_MS } from './history.ts'
import type { McpCall, SightOf } from './sight.ts'

/** A call of a tool as a hook let it out, and as a gateway saw it. */
export type Hook = SightOf<'hooks'> & { readonly call: McpCall }
export type Call = SightOf<'gateway'>
export type Pair = { readonly hook: Hook; readonly call: Call }

/** Of those that come closest to a hook so many are looked at first. */
const NEIGHBOURS = 8

/**
 * Which calls of one tool belong to which hooks, both in the order of time. What is closest belongs together, so that what is missing is
 * missed where it should be; what is then left is matched in its order. It takes as long as sorting does, however many there are.
 */
export function matched(hooks: readonly Hook[], calls: readonly Call[]): Pair[] {
  const taken = new Set<Hook | Call>()
  const take = (pairs: readonly Pair[]): Pair[] =>
    pairs.filter(({ hook, call }) => {
      if (taken.has(hook) || taken.has(call)) return false
      taken.add(hook).add(call)
      return true
    })
  const close = take(closest(hooks, calls))
  const isLeft = (sight: Hook | Call): boolean => !taken.has(sight)
  return [...close, ...inOrder(hooks.filter(isLeft), calls.filter(isLeft))]
}

function closest(hooks: readonly Hook[], calls: readonly Call[]): Pair[] {
  const apart = ({ hook, call }: Pair): number => Math.abs(call.atMs - hook.atMs)
  return hooks
    .flatMap((hook) => around(hook, calls).map((call) => ({ hook, call })))
    .filter(isPossible)
    .toSorted((one, two) => apart(one) - apart(two))
}

function around({ atMs }: Hook, calls: readonly Call[]): readonly Call[] {
  let [from, to] = [0, calls.length]
  while (from < to) {
    const middle = Math.floor((from + to) / 2)
    if ((calls[middle]?.atMs ?? Infinity) < atMs) from = middle + 1
    else to = middle
  }
  return calls.slice(Math.max(0, from - NEIGHBOURS / 2), from + NEIGHBOURS / 2)
}

function inOrder(hooks: readonly Hook[], calls: readonly Call[]): Pair[] {
  const pairs: Pair[] = []
  let at = 0
  for (const hook of hooks) {
    while ((calls[at]?.atMs ?? Infinity) < hook.atMs - SKEW_MS) at += 1
    const call = calls[at]
    if (!call || !isPossible({ hook, call })) continue
    pairs.push({ hook, call })
    at += 1
  }
  return pairs
}

const isPossible = ({ hook, call }: Pair): boolean =>
  call.atMs >= hook.atMs - SKEW_MS && call.atMs <= hook.atMs + UNDER_WAY_MS
