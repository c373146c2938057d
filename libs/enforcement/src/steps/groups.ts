import type { Caller } from '@writ/contracts'

/** The access groups whose policies a caller is under: those of the agent and those of the human that it acts for. */
export const groupsOf = ({ agent, human }: Pick<Caller, 'agent' | 'human'>): readonly string[] => [
  ...new Set([...agent.groups, ...human.groups]),
]
