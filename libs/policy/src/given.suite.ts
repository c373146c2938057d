import type {
  BundlePolicy,
  Decision,
  GroupSettings,
  JsonObject,
  PolicyDocument,
  PrincipalFacts,
  Question,
  Rule,
  SessionState,
} from '@writ/contracts'
import { compilePolicies } from './compile.ts'
import type { PolicyGroup, PolicySettings } from './compile.ts'
import { decide } from './decide.ts'
import type { Given } from './decide.ts'
import type { Inspection } from './detectors/sighting.ts'

/** Shapes with good defaults for the specs of this room; what a spec overrides is its story. */

export const ulid = (number: number): string => String(number).padStart(26, '0')
export const groupOf = (number: number): `grp_${string}` => `grp_${ulid(number)}`
export const agentOf = (number: number): `agt_${string}` => `agt_${ulid(number)}`
export const humanOf = (number: number): `hum_${string}` => `hum_${ulid(number)}`
export const policyOf = (number: number): `pol_${string}` => `pol_${ulid(number)}`

export const NOW = Date.UTC(2026, 0, 1)

export const rule = (overrides: Partial<Rule>): Rule => ({
  id: 'r',
  effect: 'deny',
  on: ['outbound', 'inbound'],
  when: { all: [] },
  reason: 'because',
  ...overrides,
})

type PolicyOverrides = Partial<Omit<PolicyDocument, 'rules'>> & {
  readonly number?: number
  readonly groups?: readonly number[]
}

export const policy = (
  rules: readonly Rule[],
  { number = 1, groups = [1], ...document }: PolicyOverrides = {},
): BundlePolicy => ({
  id: policyOf(number),
  name: `policy ${number}`,
  version: 1,
  groups: groups.map(groupOf),
  document: { writ: 1, mode: 'enforce', ...document, rules: [...rules] },
})

const principal = (id: string, name: string, group: number): PrincipalFacts => ({
  id,
  name,
  groups: [groupOf(group)],
})

export const session = (overrides: Partial<SessionState> = {}): SessionState => ({
  format: 'writ.session.v1',
  version: 1,
  startedAtMs: NOW - 60_000,
  labels: [],
  calls: 0,
  denials: 0,
  aborted: null,
  folds: {},
  values: {},
  secrets: [],
  hosts: [],
  pins: {},
  ...overrides,
})

export const question = (overrides: Partial<Question> & { readonly args?: JsonObject } = {}): Question => {
  const args = overrides.args ?? {}
  const agent = principal(agentOf(1), 'robot', 1)
  const human = principal(humanOf(1), 'Ana', 3)
  const defaults: Question = {
    agent,
    human,
    chain: [human, agent],
    groups: [groupOf(1)],
    session: { id: `ses_${ulid(1)}`, state: session() },
    connection: { id: `con_${ulid(1)}`, name: 'github', trust: 'external' },
    tool: { pin: 'approved', annotations: {} },
    action: {
      method: 'tools/call',
      tool: 'push_files',
      class: 'write.shared',
      classSource: 'inferred',
      resource: 'github/push_files',
    },
    channel: 'gateway',
    direction: 'outbound',
    args,
    content: { name: 'push_files', arguments: args },
    nowMs: NOW,
  }
  return { ...defaults, ...overrides }
}

export const CLEAN: Inspection = { sightings: [], fault: null }
export const NO_SETTINGS: PolicySettings = { groups: [], overrides: [] }

export const group = (number: number, overrides: Partial<GroupSettings> = {}): PolicyGroup => ({
  id: groupOf(number),
  name: `group ${number}`,
  default: 'allow',
  oversize: 'deny',
  approvers: 'admins',
  ...overrides,
})

/** Compiles and decides at once. */
export const decided = (
  policies: readonly BundlePolicy[],
  asked: Question,
  given: Partial<Given> & { readonly settings?: Partial<PolicySettings> } = {},
): Decision => {
  const { settings, ...rest } = given
  const compiled = compilePolicies(policies, { ...NO_SETTINGS, ...settings })
  return decide(compiled, asked, { inspection: CLEAN, keys: null, ...rest })
}
