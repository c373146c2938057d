import type { ActionClass, JsonObject, Rule } from '@writ/contracts'

/*
 * Rules and cases for what a coding agent does on its own machine. They decide on facts that were understood of the action, never on its
 * text: `args.sure` holds the kinds that are certain, `args.facts` all of them.
 */

type LocalRule = {
  readonly id: string
  readonly effect: 'deny' | 'ask'
  readonly kinds: readonly string[]
  readonly reason: string
}

/** Matches where one of the kinds is sure. */
export const whenSure = (rule: LocalRule): Rule => localRule(rule, 'args.sure')

/** Matches where one of the kinds is sure or possible. */
export const whenPossible = (rule: LocalRule): Rule => localRule(rule, 'args.facts')

const localRule = ({ id, effect, kinds, reason }: LocalRule, path: string): Rule => ({
  id,
  effect,
  on: ['outbound'],
  when: { all: [ON_HOOKS, { path, op: 'hasAny', value: [...kinds] }] },
  reason,
})

export const ON_HOOKS = { path: 'channel', op: 'eq', value: 'hooks' } as const

type LocalCall = {
  readonly kind?: string
  readonly class: ActionClass
  /** kinds that are certain, and kinds that are only possible */
  readonly sure?: readonly string[]
  readonly possible?: readonly string[]
  readonly hosts?: readonly string[]
  readonly input: JsonObject
}

/** A call as the daemon of a device asks about it. */
export function localCall({
  kind = 'shell',
  sure = [],
  possible = [],
  hosts = [],
  input,
  ...rest
}: LocalCall): object {
  return {
    channel: 'hooks',
    method: `hook/${kind}`,
    tool: kind,
    connection: 'local',
    trust: 'internal',
    class: rest.class,
    args: {
      kind,
      facts: [...sure, ...possible],
      sure,
      paths: { read: [], write: [], delete: [] },
      outside: false,
      hosts,
      packages: [],
      programs: [],
      input,
    },
  }
}

export const runs = (command: string): JsonObject => ({ command })
