import type { BundlePolicy, JsonObject, PolicyMode, Question, Rule } from '@writ/contracts'

/** Shapes with good defaults for the specs of this room; what a spec overrides is its story. */

export const ulid = (number: number): string => String(number).padStart(26, '0')
export const groupOf = (number: number): `grp_${string}` => `grp_${ulid(number)}`

export const rule = (overrides: Partial<Rule>): Rule => ({
  id: 'r',
  effect: 'deny',
  on: ['outbound', 'inbound'],
  when: { all: [] },
  reason: 'because',
  ...overrides,
})

export const policy = (
  rules: readonly Rule[],
  {
    number = 1,
    groups = [1],
    mode = 'enforce',
  }: { number?: number; groups?: number[]; mode?: PolicyMode } = {},
): BundlePolicy => ({
  id: `pol_${ulid(number)}`,
  name: `policy ${number}`,
  version: 1,
  groups: groups.map(groupOf),
  document: { writ: 1, mode, rules: [...rules] },
})

export const question = (overrides: Partial<Question> & { readonly args?: JsonObject } = {}): Question => {
  const args = overrides.args ?? {}
  const defaults: Question = {
    agent: { id: `agt_${ulid(1)}`, name: 'robot', groups: [groupOf(1)] },
    groups: [groupOf(1)],
    human: { id: `hum_${ulid(1)}`, name: 'Ana', groups: [groupOf(3)] },
    session: { id: `ses_${ulid(1)}` },
    connection: { id: `con_${ulid(1)}`, name: 'github' },
    action: {
      method: 'tools/call',
      tool: 'push_files',
      class: 'write',
      classSource: 'inferred',
      resource: 'github/push_files',
    },
    channel: 'gateway',
    direction: 'outbound',
    args,
    content: { name: 'push_files', arguments: args },
  }
  return { ...defaults, ...overrides }
}
