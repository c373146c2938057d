import { Injectable } from '@nestjs/common'
import type { Bundle, Decision, ExplainRequest, Json, Question } from '@writ/contracts'
import { checkAgainstSchema, compilePolicies, explain, inspectNow, newSession, RuleFault } from '@writ/policy'
import type { CompiledPolicies, Given, Trace } from '@writ/policy'
import { currentBundle } from '../bundles/current-bundle.ts'
import { Clock } from '../clock.ts'
import { ContentKeysService } from '../nodes/content-keys.service.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { askedCall } from './asked-call.ts'
import type { AskedCall } from './asked-call.ts'

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

  async explain(db: TenantDb, asked: ExplainRequest): Promise<Explanation> {
    const bundle = await currentBundle(db)
    const call = await askedCall(db, bundle, asked)
    const question = this.#questionOf(asked, call)
    const policies = compilePolicies(bundle.policies, bundle)
    const keys = { tenant: this.contentKeys.keyOf(db.tenant.id), sessionId: NO_SESSION }
    const { decision, rules } = explain(policies, question, givenFor(policies, question, { call, keys }))
    return {
      decision,
      connectionAllowed: call.connection.groups.some((group) => call.agent.groups.includes(group)),
      groups: bundle.groups
        .filter(({ id }) => question.groups.includes(id))
        .map(({ id, name }) => ({ id, name })),
      bundleVersion: bundle.version,
      rulesEvaluated: rules.length,
      rules,
    }
  }

  #questionOf({ tool, args, direction }: ExplainRequest, call: AskedCall): Question {
    const { agent, human, connection } = call
    const nowMs = this.clock.nowMs()
    return {
      agent,
      human,
      chain: [human, agent],
      session: { id: NO_SESSION, state: newSession(nowMs) },
      connection: { id: connection.id, name: connection.name, trust: connection.trust },
      tool: call.tool,
      groups: [...new Set([...agent.groups, ...human.groups])],
      action: call.action,
      channel: 'gateway',
      direction,
      args,
      // What a gateway shows the engine: the params of the call, or the result that came back.
      content: direction === 'outbound' ? { name: tool, arguments: args } : args,
      nowMs,
    }
  }
}

function givenFor(
  { patterns }: CompiledPolicies,
  { content, args, direction }: Question,
  { call, keys }: { readonly call: AskedCall; readonly keys: Given['keys'] },
): Given {
  const { inputSchema } = call
  const accepts = (after: Json): RuleFault | null =>
    inputSchema === null || direction === 'inbound'
      ? null
      : checkAgainstSchema(args, argumentsIn(after), inputSchema)
  return {
    inspection: inspectNow(content, { patterns, oversize: 'deny', knownSecrets: null }),
    keys,
    protectedPointers: PROTECTED_POINTERS,
    accepts,
  }
}

const argumentsIn = (content: Json): Json =>
  typeof content === 'object' && content !== null && 'arguments' in content
    ? (content.arguments ?? null)
    : content
