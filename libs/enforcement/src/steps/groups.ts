import type { Caller } from '@writ/contracts'

/** The access groups whose policies a caller is under: those of the agent and those of the human that it acts for. */
export function groupsOf(caller: Pick<Caller, 'agent' | 'human'>): readonly string[] {
  const known = lists.get(caller)
  if (known !== undefined) return known
  const groups = [...new Set([...caller.agent.groups, ...caller.human.groups])]
  lists.set(caller, groups)
  return groups
}

/** One list per caller, so that what is derived of a list is found again by it. Each goes with its caller. */
const lists = new WeakMap<Pick<Caller, 'agent' | 'human'>, readonly string[]>()
