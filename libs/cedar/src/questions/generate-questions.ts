import { ActionClass, ActionClassSource, PinStanding } from '@writ/contracts'
import type { Json, Question, Rule } from '@writ/contracts'
import type { Asked } from '../view/question-to-cedar.ts'
import { placed } from './place.ts'
import { probesOf } from './probes.ts'
import { Random } from './random.ts'

/**
 * Questions at the borders of what these rules compare: their own values, the neighbours of those, values of another type, and nothing.
 * The same for the same rules and seed.
 */
export function generateQuestions(rules: readonly Rule[], seed: number, count: number): readonly Asked[] {
  const random = new Random(seed)
  const probes = [...probesOf(rules)].filter(([path]) => path !== 'args')
  return Array.from({ length: count }, () => one(probes, random))
}

function one(probes: readonly (readonly [string, readonly Json[]])[], random: Random): Asked {
  let asked = anyQuestion(random)
  for (const [path, values] of probes) {
    if (random.once(MISSING_ONCE_IN)) continue
    const value = random.of(values)
    if (value !== undefined) asked = placed(asked, path, value)
  }
  return asked
}

const MISSING_ONCE_IN = 6

/** What the rules do not read does not matter, as long as it is well-formed; what is a word is one of its words. */
function anyQuestion(random: Random): Asked {
  const [agent, human] = [principal('agt', 'robot', random), principal('hum', 'Ana', random)]
  const question: Question = {
    agent,
    human,
    chain: [human, agent],
    session: { id: id('ses'), state: STATE },
    connection: { id: id('con'), name: 'github', trust: random.once(2) ? 'internal' : 'external' },
    tool: { pin: random.of(PinStanding.options) ?? 'unknown', annotations: { readOnlyHint: random.once(2) } },
    groups: ['everyone'],
    action: {
      method: 'tools/call',
      tool: random.once(MISSING_ONCE_IN) ? null : 'push_files',
      class: random.of(ActionClass.options) ?? 'read.public',
      classSource: random.of(ActionClassSource.options) ?? 'default',
      resource: 'github/push_files',
    },
    channel: 'gateway',
    direction: random.once(MISSING_ONCE_IN) ? 'inbound' : 'outbound',
    args: {},
    content: {},
    nowMs: 0,
  }
  return { question, signals: [] }
}

const id = (prefix: string): string => `${prefix}_${'0'.repeat(26)}`

const principal = (prefix: string, name: string, random: Random) => ({
  id: id(prefix),
  name,
  groups: random.once(2) ? ['everyone'] : ['everyone', 'sre'],
})

const STATE: Question['session']['state'] = {
  format: 'writ.session.v1',
  version: 0,
  startedAtMs: 0,
  labels: [],
  calls: 0,
  denials: 0,
  aborted: null,
  folds: {},
  values: {},
  secrets: [],
  hosts: [],
  pins: {},
}
