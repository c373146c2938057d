// The real way of a local action in one process: understood, then decided by the shipped templates for coding agents. Nothing is executed.
import { createPackageKnowledge, starterIntelligence, understand } from '@writ/actions'
import { compilePolicies, decide, newSession, TEMPLATES } from '@writ/policy'

const ulid = (number) => String(number).padStart(26, '0')
const GROUP = `grp_${ulid(1)}`
const NOW = Date.UTC(2026, 0, 1)

/** Templates for local actions: all of their cases are asked by hooks. */
const LOCAL = TEMPLATES.filter(({ document }) =>
  (document.tests ?? []).every(({ call }) => call.channel === 'hooks'),
)

const compiled = compilePolicies(
  LOCAL.map(({ name, document }, at) => ({
    id: `pol_${ulid(at)}`,
    name,
    version: 1,
    groups: [GROUP],
    document: { ...document, tests: [] },
  })),
  {
    groups: [{ id: GROUP, name: 'developers', default: 'allow', oversize: 'deny', approvers: 'admins' }],
    overrides: [],
  },
)

const person = (id, name) => ({ id, name, groups: [GROUP] })
const AGENT = person(`agt_${ulid(1)}`, 'coding agent')
const HUMAN = person(`hum_${ulid(1)}`, 'Ana')
const STATE = newSession(NOW)

export const PACKAGES = createPackageKnowledge({
  intelligence: starterIntelligence(),
  rules: { allow: [], deny: [], coolDownHours: 48 },
})

/** A world without files and links. */
export const EMPTY_WORLD = {
  realPath: (path) => path,
  readText: () => null,
  packages: PACKAGES,
  unknown: 'ask',
}

/** What the templates say of an action: outcome, the rules that matched, and what was understood. */
export function decided(action, place, world = EMPTY_WORLD) {
  const understood = understand(action, place, world)
  const { outcome, matches } = decide(
    compiled,
    {
      agent: AGENT,
      human: HUMAN,
      chain: [HUMAN, AGENT],
      session: { id: `ses_${ulid(1)}`, state: STATE },
      connection: { id: `con_${ulid(1)}`, name: 'local', trust: 'internal' },
      tool: { pin: 'unknown', annotations: {} },
      groups: [GROUP],
      action: understood.action,
      channel: 'hooks',
      direction: 'outbound',
      args: understood.args,
      content: understood.content,
      nowMs: NOW,
    },
    { inspection: { sightings: [], fault: null } },
  )
  return { outcome, rules: matches.map(({ rule }) => rule), understood }
}
