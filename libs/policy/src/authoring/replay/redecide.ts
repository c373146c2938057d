import type {
  BundlePolicy,
  Condition,
  Outcome,
  PolicyDocument,
  Question,
  Rule,
  RuleMatch,
} from '@writ/contracts'
import { OPEN_METHODS } from '@writ/contracts'
import { hitsOf } from '../../ask-rules.ts'
import type { Hit } from '../../ask-rules.ts'
import type { CompiledPolicies } from '../../compile.ts'
import { compilePolicies } from '../../compile.ts'
import { READS, READS_ALL } from '../../facts.ts'
import { needsOf } from '../../needs.ts'
import { NOT_KNOWN, RuleFault } from '../../rule-fault.ts'
import { conditionsOf, partsOf, textOf } from '../lint/conjuncts.ts'
import { overridesIn } from './overridden.ts'
import type { IsOverridden } from './overridden.ts'
import type { Recorded } from './recorded.ts'
import { compareRewritings, rewritingsIn } from './rewritings.ts'
import type { Rewritings, RewritingsOf } from './rewritings.ts'
import { didAct, OUTCOMES, outcomeOf, strictestOutcome } from './verdict.ts'
import type { Draft, ReplayWorld } from './world.ts'

/** What the draft would have made of a past decision: the outcome, or those between which the unrecorded part decides. */
export type Redecided = {
  readonly possible: readonly Outcome[]
  /** rules of the draft that would have matched */
  readonly rules: readonly string[]
  /** rules of the draft of which records do not tell whether they would have matched */
  readonly open: readonly string[]
  readonly rewritings: Rewritings
}

export type Redecide = (recorded: Recorded) => Redecided

/** Decides past decisions anew with the draft in place. What other policies said is taken from the record, and stands. */
export function redeciderOf(draft: Draft, world: ReplayWorld): Redecide {
  const compiled = compilePolicies([policyOf(draft)], { groups: [], overrides: [] })
  const current = compilePolicies(world.policies, { groups: world.groups, overrides: [] })
  const replaced = world.policies.find(({ id }) => id === draft.replaces) ?? null
  const tools = {
    draft,
    world,
    compiled,
    current,
    replaced,
    blind: blindBits(draft, world, replaced),
    hasNewPatterns: hasNewPatterns(draft, replaced),
    isOverridden: overridesIn(draft, world),
    rewritingsOf: rewritingsIn(world.policies, current),
  }
  return (recorded) => redecide(tools, recorded)
}

type Tools = {
  readonly draft: Draft
  readonly world: ReplayWorld
  readonly compiled: CompiledPolicies
  readonly current: CompiledPolicies
  readonly replaced: BundlePolicy | null
  /** bits of `READS` that no record tells */
  readonly blind: number
  readonly hasNewPatterns: boolean
  readonly isOverridden: IsOverridden
  readonly rewritingsOf: RewritingsOf
}

const REPLAY_GROUP = `grp_${'0'.repeat(26)}` as const

/** Shadow or not, a replay asks what the draft would do. */
const policyOf = ({ document, name }: Draft): BundlePolicy => ({
  id: `pol_${'0'.repeat(26)}`,
  name,
  version: 1,
  groups: [REPLAY_GROUP],
  document: { ...document, mode: 'enforce' },
})

function redecide(tools: Tools, recorded: Recorded): Redecided {
  const groups = groupsOf(tools.world, recorded)
  const kept = recorded.decision.matches.filter(({ policy }) => policy !== tools.draft.replaces)
  const hits = applies(tools.draft, groups) ? draftHits(tools, recorded, groups ?? []) : []
  const open = hits.filter(({ truth }) => truth === NOT_KNOWN)
  const closed = hits.filter(({ truth }) => truth !== NOT_KNOWN)
  const certain = [...kept.filter(didAct).map(keptOutcome), ...closed.map(hitOutcome)]
  const least = withDefault(tools, recorded, { groups, kept, hits: closed, certain })
  const most = open.map((hit) => outcomeOf(hit.rule.source.effect, false))
  return {
    possible: outcomesBetween(least, most, open),
    rules: closed.map(({ rule }) => rule.source.id),
    open: open.map(({ rule }) => rule.source.id),
    rewritings: rewritingsAround(tools, recorded, { hits, groups }),
  }
}

const rewritingsAround = (
  { draft, hasNewPatterns: isNew, rewritingsOf, current }: Tools,
  recorded: Recorded,
  { hits, groups }: Pick<Said, 'hits' | 'groups'>,
): Rewritings =>
  compareRewritings(
    recorded,
    {
      replaces: draft.replaces,
      hits,
      isUnseen: !wasInspected(current, recorded, groups ?? []),
      hasNewPatterns: isNew,
    },
    rewritingsOf,
  )

const keptOutcome = ({ effect, errored }: RuleMatch): Outcome => outcomeOf(effect, errored)
const hitOutcome = ({ rule, truth }: Hit): Outcome => outcomeOf(rule.source.effect, truth !== true)

/** Open rules may add strictness; under default deny an open allow rule may take away the default. */
function outcomesBetween(
  least: { readonly outcome: Outcome; readonly unlessAllowed: Outcome | null },
  most: readonly Outcome[],
  open: readonly Hit[],
): readonly Outcome[] {
  const isMaybeAllowed =
    least.unlessAllowed !== null && open.some(({ rule }) => rule.source.effect === 'allow')
  const bases =
    isMaybeAllowed && least.unlessAllowed !== null ? [least.outcome, least.unlessAllowed] : [least.outcome]
  const possible = new Set(
    bases.flatMap((base) => [base, ...most.map((one) => strictestOutcome([base, one]))]),
  )
  return OUTCOMES.filter((outcome) => possible.has(outcome))
}

type Said = {
  readonly groups: readonly string[] | null
  readonly kept: readonly RuleMatch[]
  readonly hits: readonly Hit[]
  readonly certain: readonly Outcome[]
}

function withDefault(
  { current }: Tools,
  { direction, action, decision }: Recorded,
  { groups, kept, hits, certain }: Said,
): { readonly outcome: Outcome; readonly unlessAllowed: Outcome | null } {
  const stated = strictestOutcome(certain)
  const isDenying = decision.byDefault || (groups ?? []).some((group) => current.denying.has(group))
  const isAllowed =
    kept.some((match) => match.effect === 'allow' && didAct(match) && !match.errored) ||
    hits.some(({ rule, truth }) => rule.source.effect === 'allow' && truth === true)
  if (!isDenying || isAllowed || direction !== 'outbound' || OPEN_METHODS.has(action.method))
    return { outcome: stated, unlessAllowed: null }
  return { outcome: strictestOutcome([stated, 'deny']), unlessAllowed: stated }
}

function groupsOf({ membership }: ReplayWorld, { agent, human }: Recorded): readonly string[] | null {
  if (membership === null) return null
  return [...new Set([...(membership.get(agent.id) ?? []), ...(membership.get(human.id) ?? [])])]
}

const applies = ({ groups }: Draft, callers: readonly string[] | null): boolean =>
  groups === null || callers === null || groups.some((group) => callers.includes(group))

function draftHits(tools: Tools, recorded: Recorded, groups: readonly string[]): readonly Hit[] {
  const known = READS_ALL & ~(tools.blind | unseenBits(tools, recorded, groups))
  const signals = { plain: recorded.decision.signals, byPolicy: new Map<string, readonly string[]>() }
  const trusts = trustsOf(tools.world, recorded)
  const answers = trusts.map((trust) =>
    hitsOf(tools.compiled, questionOf(tools, recorded, trust), { signals, keys: null, known }),
  )
  const hits = merged(answers)
  return hits
    .filter(({ rule }) => !tools.isOverridden(rule.source.id, recorded))
    .flatMap((hit) => remembered(tools, recorded, hit))
}

const trustsOf = ({ trust }: ReplayWorld, { connection }: Recorded): readonly ('internal' | 'external')[] => {
  const known = trust.get(connection.id)
  return known === undefined ? ['internal', 'external'] : [known]
}

/** A rule that matches for one trust and not for the other may have matched. */
function merged(answers: readonly (readonly Hit[])[]): readonly Hit[] {
  const [first = [], second] = answers
  if (second === undefined) return first
  const rules = new Map([...first, ...second].map(({ rule }) => [rule.source.id, rule]))
  return [...rules.values()].map((rule) => {
    const truths = answers.map((hits) => hits.find((hit) => hit.rule.source.id === rule.source.id)?.truth)
    const [one, other] = truths
    return { rule, truth: one !== undefined && one === other ? one : NOT_KNOWN }
  })
}

/** A rule that stood unchanged when the decision was made was answered then: if it matched, the record says so. */
function remembered({ draft, world, replaced }: Tools, recorded: Recorded, hit: Hit): readonly Hit[] {
  if (hit.truth !== NOT_KNOWN || replaced === null || !hadArrived(world, recorded)) return [hit]
  const before = replaced.document.rules.find((rule) => isSame(rule, hit.rule.source))
  if (before === undefined || !samePatterns(draft.document, replaced.document)) return [hit]
  const match = recorded.decision.matches.find((one) => one.policy === replaced.id && one.rule === before.id)
  return match === undefined ? [] : [{ ...hit, truth: match.errored ? ERRED : true }]
}

/** How long a policy may take to reach every gateway. */
const DISTRIBUTION_MS = 60_000
const ERRED = new RuleFault('it could not be evaluated then')

const hadArrived = ({ unchangedSince }: ReplayWorld, { at }: Recorded): boolean =>
  unchangedSince !== null && Date.parse(at) > Date.parse(unchangedSince) + DISTRIBUTION_MS

const samePatterns = (left: PolicyDocument, right: PolicyDocument): boolean =>
  JSON.stringify(left.patterns ?? {}) === JSON.stringify(right.patterns ?? {})

const isSame = (left: Rule, right: Rule): boolean =>
  left.id === right.id &&
  left.on.join() === right.on.join() &&
  left.channels?.join() === right.channels?.join() &&
  textOf(left.when) === textOf(right.when) &&
  textOf(left.unless ?? NEVER) === textOf(right.unless ?? NEVER)

const NEVER: Condition = { any: [] }

/** What records never tell of a question that this draft may ask about. */
function blindBits(draft: Draft, world: ReplayWorld, replaced: BundlePolicy | null): number {
  const { document } = draft
  const paths = document.rules.flatMap(pathsOf)
  const readsPins = paths.some((path) => path.startsWith('tool.'))
  const readsUnknownCaller =
    paths.some((path) => path.startsWith('chain.')) ||
    (world.membership === null && paths.some((path) => path.endsWith('.groups')))
  return (
    READS.args |
    READS.content |
    READS.session |
    READS.keys |
    (readsPins ? READS.resource : 0) |
    (readsUnknownCaller ? READS.caller : 0) |
    (hasNewPatterns(draft, replaced) ? READS.signals : 0)
  )
}

const hasNewPatterns = ({ document }: Draft, replaced: BundlePolicy | null): boolean =>
  document.patterns !== undefined && (replaced === null || !samePatterns(document, replaced.document))

const pathsOf = (rule: Rule, at: number): readonly string[] =>
  conditionsOf(rule, at)
    .flatMap(partsOf)
    .flatMap(({ condition }) => ('path' in condition ? [condition.path, condition.to ?? ''] : []))

const unseenBits = ({ current }: Tools, recorded: Recorded, groups: readonly string[]): number =>
  wasInspected(current, recorded, groups) ? 0 : READS.signals

/** Content is only inspected where some policy asks for it, and a record without signals may be of content that nobody looked at. */
const wasInspected = (
  current: CompiledPolicies,
  { direction, decision }: Recorded,
  groups: readonly string[],
): boolean => decision.signals.length > 0 || needsOf(current, groups, direction).content

function questionOf({ world }: Tools, recorded: Recorded, trust: 'internal' | 'external'): Question {
  const { agent, human, session, connection, action, channel, direction, at } = recorded
  const principal = (one: { readonly id: string; readonly name: string }) => ({
    ...one,
    groups: world.membership?.get(one.id) ?? [],
  })
  return {
    agent: principal(agent),
    human: principal(human),
    chain: [principal(human), principal(agent)],
    session: { id: session, state: null },
    connection: { ...connection, trust },
    tool: { pin: 'unknown', annotations: {} },
    groups: [REPLAY_GROUP],
    action,
    channel,
    direction,
    args: {},
    content: null,
    nowMs: Date.parse(at),
  }
}
