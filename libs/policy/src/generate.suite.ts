import { Buffer } from 'node:buffer'
import type { BundlePolicy, Json, JsonObject, Question, Rule } from '@writ/contracts'
import type { PolicySettings } from './compile.ts'
import type { Given } from './decide.ts'
import type { Sighting } from './detectors/sighting.ts'
import {
  agentOf,
  group,
  groupOf,
  humanOf,
  NOW,
  policy,
  policyOf,
  question,
  rule,
  session,
  ulid,
} from './given.suite.ts'
import { RuleFault } from './rule-fault.ts'
import { foldSpecOf } from './session/plan.ts'
import { slotOf } from './session/slots.ts'
import type { Dice } from './dice.suite.ts'
import {
  FOLDS,
  LABELS,
  MAIL,
  NUMBERS,
  SIGNALS_MET,
  conditionOf,
  scalarOf,
} from './generate-conditions.suite.ts'

/** Policies and questions that meet at their borders: equal numbers, exact windows, empty lists, members that are missing. */
const EFFECTS: readonly Rule['effect'][] = [
  'abort',
  'deny',
  'ask',
  'ask',
  'modify',
  'modify',
  'flag',
  'allow',
  'allow',
]
const REWRITINGS = ['replace', 'mask', 'drop'] as const
const MODIFIED = ['pii.*', 'pii.email', '*.card', '*', 'pii.nothing', 'inj.*', 'pattern.*', 'pattern.order']

function ruleOf(dice: Dice, number: number): Rule {
  const effect = dice.one(EFFECTS)
  return rule({
    id: `r${number}`,
    effect,
    on: dice.one<Rule['on']>([['outbound'], ['inbound'], ['outbound', 'inbound'], ['outbound', 'inbound']]),
    when: dice.is(6) ? { all: [] } : conditionOf(dice),
    ...(dice.is(5) ? { unless: conditionOf(dice) } : {}),
    ...(dice.is(6) ? { channels: [dice.one(['gateway', 'hooks'] as const)] } : {}),
    ...(dice.is(3) ? { labels: { add: [dice.one(LABELS)] } } : {}),
    ...(effect === 'ask' && dice.is(2) ? { ask: dice.one([{ ttl: '5m' }, { ttl: '1h', wait: '30s' }]) } : {}),
    ...(effect === 'modify' ? { modify: modifyOf(dice) } : {}),
  })
}

const modifyOf = (dice: Dice): NonNullable<Rule['modify']> =>
  Object.fromEntries(
    Array.from({ length: 1 + dice.below(2) }, () => [
      dice.is(12) ? dice.one(MODIFIED) : dice.one(MODIFIED.slice(0, 4)),
      dice.one(REWRITINGS),
    ]),
  )

export function policiesOf(dice: Dice): BundlePolicy[] {
  return Array.from({ length: 1 + dice.below(4) }, (_, number) =>
    policy(
      Array.from({ length: 1 + dice.below(3) }, (__, at) => ruleOf(dice, at)),
      {
        number,
        groups: dice.is(2) ? [1] : [1 + dice.below(3)],
        mode: dice.is(5) ? 'shadow' : 'enforce',
        ...(dice.is(4) ? { patterns: { order: dice.one(['ORD-\\d+', '^a']) } } : {}),
      },
    ),
  )
}

export function settingsOf(dice: Dice): PolicySettings {
  return {
    groups: [1, 2, 3].map((number) => group(number, { default: dice.is(5) ? 'deny' : 'allow' })),
    overrides: dice.many(2, () => overrideOf(dice)),
  }
}

const overrideOf = (dice: Dice): PolicySettings['overrides'][number] => ({
  id: `ovr_${ulid(dice.below(5))}`,
  policy: policyOf(dice.below(3)),
  rule: `r${dice.below(2)}`,
  principal: dice.one([agentOf(1), agentOf(2), humanOf(1), groupOf(1), groupOf(2)]),
  resource: dice.one(['*', 'github/*', 'github/push_files', 'other']),
  until: new Date(NOW + dice.one([-1, 0, 1, 60_000])).toISOString(),
})

function valueOf(dice: Dice): Json {
  return dice.is(6) ? dice.one<Json>([[], {}, ['a'], { a: 1 }]) : scalarOf(dice)
}

export function argsOf(dice: Dice): JsonObject {
  const args: Record<string, Json> = {}
  if (!dice.is(5)) args['a'] = valueOf(dice)
  if (!dice.is(3)) args['list'] = dice.is(9) ? 'a' : dice.many(3, () => scalarOf(dice))
  if (dice.is(2)) args['tree'] = { a: valueOf(dice) }
  if (dice.is(2)) args['items'] = dice.many(3, () => (dice.is(4) ? {} : { n: dice.one(NUMBERS) }))
  if (dice.is(4)) args['a.b'] = valueOf(dice)
  if (dice.is(9)) args['constructor'] = 'a'
  return dice.is(6) ? { ['__proto__']: { x: 'a' }, ...args } : args
}

const NOTE = `to ${MAIL} and 4111 1111 1111 1111, ORD-12`
const KEYS = { tenant: Buffer.alloc(32, 7), sessionId: `ses_${ulid(1)}` }

export type Case = { readonly asked: Question; readonly given: Given }

export function caseOf(dice: Dice): Case {
  const args = argsOf(dice)
  const content = { name: 'push_files', arguments: args, note: NOTE }
  const asked = question({
    args,
    content,
    groups: dice.is(2) ? [groupOf(1)] : dice.some([1, 2, 3]).map(groupOf),
    direction: dice.is(3) ? 'inbound' : 'outbound',
    channel: dice.is(6) ? 'hooks' : 'gateway',
    session: { id: `ses_${ulid(1)}`, state: dice.is(12) ? null : stateOf(dice) },
    connection: { id: `con_${ulid(1)}`, name: 'github', trust: dice.is(3) ? 'internal' : 'external' },
    tool: {
      pin: dice.is(4) ? 'changed' : 'approved',
      annotations: dice.is(2) ? { readOnlyHint: dice.is(2) } : {},
    },
  })
  const action = {
    ...asked.action,
    tool: dice.is(9) ? null : dice.one(['push_files', 'pay']),
    class: dice.one(['write.shared', 'money'] as const),
  }
  return { asked: { ...asked, action }, given: givenOf(dice) }
}

function stateOf(dice: Dice): NonNullable<Question['session']['state']> {
  const folds: Record<string, [number, number][]> = {}
  for (const fold of FOLDS) {
    const spec = 'path' in fold || !('op' in fold) ? null : foldSpecOf(fold)
    if (spec === null || spec instanceof RuleFault || dice.is(2)) continue
    const newest = slotOf(NOW, spec.window)
    const unit = spec.sum === null ? 1 : 10_000
    folds[spec.id] = [[newest - dice.one([0, 59, 60, 61]), unit * (1 + dice.below(3))]]
  }
  return session({
    labels: dice.some(LABELS),
    calls: dice.below(4),
    startedAtMs: NOW - 1000 * dice.one([0, 1, 59, 60, 61]),
    folds,
  })
}

function givenOf(dice: Dice): Given {
  const keys = dice.is(3) ? null : KEYS
  if (dice.is(15)) return { inspection: null, keys }
  if (dice.is(15)) return { inspection: { sightings: [], fault: new RuleFault('too long') }, keys }
  const sightings = dice.many(3, () => sightingOf(dice))
  const protectedPointers = dice.is(4) ? [dice.one(['/name', '/note', '/*'])] : []
  return { inspection: { sightings, fault: null }, keys, protectedPointers }
}

function sightingOf(dice: Dice): Sighting & { readonly policy?: string } {
  const start = dice.below(NOTE.length - 1)
  const place = dice.is(12) ? dice.one(['key', 'number'] as const) : 'text'
  const signal = dice.one(SIGNALS_MET)
  const owner = signal.startsWith('pattern.') && !dice.is(4) ? { policy: policyOf(dice.below(3)) } : {}
  const end = Math.min(NOTE.length, start + 1 + dice.below(12))
  return { signal, path: '/note', start, end, place, ...owner }
}
