import { Injectable } from '@nestjs/common'
import type { Bundle, Decision, ExplainRequest, Json, Question, SessionState } from '@writ/contracts'
import { checkAgainstSchema, compilePolicies, decide, explainInSteps, inspect, RuleFault } from '@writ/policy'
import type { CompiledPolicies, ContentKeys, Given, Trace } from '@writ/policy'
import { paramsOf, sessionAfter } from '@writ/policy/authoring'
import type { Call, Scene } from '@writ/policy/authoring'
import { currentBundle } from '../bundles/current-bundle.ts'
import { Clock } from '../clock.ts'
import { ContentKeysService } from '../nodes/content-keys.service.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { actionOn, askerOf, targetsOf } from './asked-call.ts'
import type { Asker, Target, Targets } from './asked-call.ts'
import { Turns } from './turns.ts'

/** The name of a tool chooses the upstream's effect, so gateways let no rule rewrite it. */
const PROTECTED_POINTERS = ['/name']
const NO_SESSION = `ses_${'0'.repeat(26)}`

export type Explanation = {
  readonly decision: Decision
  readonly connectionAllowed: boolean
  readonly groups: readonly Pick<Bundle['groups'][number], 'id' | 'name'>[]
  readonly bundleVersion: number
  readonly rulesEvaluated: number
  readonly rules: Trace['rules']
}

/** Decides a tool call that nobody made, with the engine and the bundle that gateways use. Changes and records nothing. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly clock: Clock,
    private readonly contentKeys: ContentKeysService,
  ) {}

  /** @throws 404, 400 for what the tenant does not have; 422 when it takes too long */
  async explain(db: TenantDb, asked: ExplainRequest): Promise<Explanation> {
    const bundle = await currentBundle(db)
    const asker = await askerOf(db, bundle, asked.agent)
    const targets = await targetsOf(db, bundle, asked)
    const policies = compilePolicies(bundle.policies, bundle)
    const keys = { tenant: this.contentKeys.keyOf(db.tenant.id), sessionId: NO_SESSION }
    const world = { policies, keys, asker, targets, nowMs: this.clock.nowMs() }
    const turns = new Turns('the explanation')
    const { decision, rules, groups } = await turns.run(traceOf(world, asked))
    return {
      decision,
      connectionAllowed: targets.asked.connection.groups.some((group) => asker.agent.groups.includes(group)),
      groups: bundle.groups.filter(({ id }) => groups.includes(id)).map(({ id, name }) => ({ id, name })),
      bundleVersion: bundle.version,
      rulesEvaluated: rules.length,
      rules,
    }
  }
}

type World = {
  readonly policies: CompiledPolicies
  readonly keys: ContentKeys
  readonly asker: Asker
  readonly targets: Targets
  readonly nowMs: number
}

function* traceOf(
  world: World,
  { labels, history, connection, ...asked }: ExplainRequest,
): Generator<void, Trace & { readonly groups: readonly string[] }> {
  const { policies, targets, nowMs } = world
  const scene: Scene = {
    compiled: policies,
    keys: world.keys,
    questionOf: (call, state, atMs) => questionOf(world, { target: targets.past(call), call, state, atMs }),
    decide: function* (question) {
      return decide(policies, question, yield* givenFor(world, { question, target: null }))
    },
  }
  const past = history.map((event) => ({ ...event, connection: event.connection ?? connection }))
  const state = yield* sessionAfter(scene, { labels, history: past, nowMs })
  const call: Call = { method: 'tools/call', connection, tool: asked.tool, args: asked.args }
  const out = questionOf(world, { target: targets.asked, call, state, atMs: nowMs })
  const question: Question =
    asked.direction === 'outbound' ? out : { ...out, direction: 'inbound', content: asked.args }
  const given = yield* givenFor(world, { question, target: targets.asked })
  return { ...(yield* explainInSteps(policies, question, given)), groups: question.groups }
}

type Asking = {
  readonly target: Target
  readonly call: Call
  readonly state: SessionState
  readonly atMs: number
}

/** What a gateway shows the engine: the params of the call. */
function questionOf({ asker: { agent, human } }: World, { target, call, state, atMs }: Asking): Question {
  const { id, name, trust } = target.connection
  return {
    agent,
    human,
    chain: [human, agent],
    session: { id: NO_SESSION, state },
    connection: { id, name, trust },
    tool: target.tool,
    groups: [...new Set([...agent.groups, ...human.groups])],
    action: actionOn(target, call),
    channel: 'gateway',
    direction: 'outbound',
    args: call.args,
    content: paramsOf(call),
    nowMs: atMs,
  }
}

/** @param target null for what is past: what became of it is said, so nothing has to be accepted any more */
function* givenFor(
  { policies: { patterns }, keys }: World,
  { question, target }: { readonly question: Question; readonly target: Target | null },
): Generator<void, Given> {
  const { content, args, direction } = question
  const schema = direction === 'inbound' ? null : (target?.inputSchema ?? null)
  const accepts = (after: Json): RuleFault | null =>
    schema === null ? null : checkAgainstSchema(args, argumentsIn(after), schema)
  const inspection = yield* inspect(content, { patterns, oversize: 'deny', knownSecrets: null })
  return { inspection, keys, protectedPointers: PROTECTED_POINTERS, accepts }
}

const argumentsIn = (content: Json): Json =>
  typeof content === 'object' && content !== null && 'arguments' in content
    ? (content.arguments ?? null)
    : content
