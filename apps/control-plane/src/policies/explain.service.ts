import { Injectable } from '@nestjs/common'
import { classify } from '@writ/actions'
import type {
  AccessGroupId,
  Bundle,
  BundleConnection,
  ExplainAnswer,
  ExplainRequest,
  Question,
} from '@writ/contracts'
import { applicableRules, compilePolicies, decide } from '@writ/policy'
import { currentBundle } from '../bundles/current-bundle.ts'
import { notFound } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** The name of a tool chooses the upstream's effect, so gateways let no rule rewrite it. */
const PROTECTED_POINTERS = ['/name']

/** Decides a tool call that nobody made, with the engine and the bundle that gateways use. Changes and records nothing. */
@Injectable()
export class ExplainService {
  async explain(db: TenantDb, asked: ExplainRequest): Promise<ExplainAnswer> {
    const bundle = await currentBundle(db)
    const agent = await agentOf(db, bundle, asked.agent)
    const connection = bundle.connections.find(
      ({ id, name }) => id === asked.connection || name === asked.connection,
    )
    if (!connection) throw notFound()
    const question = questionOf(asked, agent, connection)
    const policies = compilePolicies(bundle.policies)
    const decision = decide(policies, question, { protectedPointers: PROTECTED_POINTERS })
    return {
      decision: { ...decision, matches: [...decision.matches], signals: [...decision.signals] },
      connectionAllowed: connection.groups.some((group) => agent.agent.groups.includes(group)),
      groups: bundle.groups.filter(({ id }) => question.groups.includes(id)),
      bundleVersion: bundle.version,
      rulesEvaluated: applicableRules(policies, question.groups, question.direction).length,
    }
  }
}

type Principals = {
  readonly agent: { readonly id: string; readonly name: string; readonly groups: readonly AccessGroupId[] }
  readonly human: { readonly id: string; readonly name: string; readonly groups: readonly AccessGroupId[] }
}

async function agentOf(db: TenantDb, bundle: Bundle, wanted: string): Promise<Principals> {
  const agent = bundle.agents.find(({ id, name }) => id === wanted || name === wanted)
  const row = await db.first<{ human_id: string }>(
    'select human_id from writ.agents where tenant_id = $1 and id = $2',
    [agent?.id ?? ''],
  )
  const human = bundle.humans.find(({ id }) => id === row?.human_id)
  if (!agent || !human) throw notFound()
  return { agent, human }
}

function questionOf(
  asked: ExplainRequest,
  { agent, human }: Principals,
  connection: BundleConnection,
): Question {
  const { tool, args, direction } = asked
  return {
    agent,
    human,
    session: { id: 'explain' },
    connection: { id: connection.id, name: connection.name },
    groups: [...new Set([...agent.groups, ...human.groups])],
    action: classify({
      method: 'tools/call',
      named: tool,
      connectionName: connection.name,
      toolClasses: connection.toolClasses,
      args,
    }),
    channel: 'gateway',
    direction,
    args,
    // What a gateway shows the engine: the params of the call, or the result that came back.
    content: direction === 'outbound' ? { name: tool, arguments: args } : args,
  }
}
