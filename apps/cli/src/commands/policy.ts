import type { JsonObject } from '@writ/contracts'
import { ExplainAnswer, JsonObjectSchema } from '@writ/contracts'
import type { ApiAccess } from '../api.ts'
import { callApi } from '../api.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'

export type ExplainOptions = {
  readonly agent: string
  readonly connection: string
  readonly tool: string
  readonly args: string
  readonly direction: 'outbound' | 'inbound'
}

/** Why would this call be decided so? Asked of the engine that the gateways run, on the bundle that they have. */
export async function explainPolicy(
  access: ApiAccess,
  options: ExplainOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const answer = await callApi(access, 'policies/explain', ExplainAnswer, {
    ...options,
    args: argumentsIn(options.args),
  })
  show(terminal, answer, sentencesOf(answer, options))
  return answer.connectionAllowed && answer.decision.outcome === 'allow' ? EXIT.ok : EXIT.no
}

function argumentsIn(text: string): JsonObject {
  try {
    return JsonObjectSchema.parse(JSON.parse(text))
  } catch {
    throw new Failure('--args is not a JSON object', `For example: --args '{"to":"ana@example.com"}'`)
  }
}

function sentencesOf(
  { decision, connectionAllowed, groups, bundleVersion, rulesEvaluated }: ExplainAnswer,
  asked: ExplainOptions,
): string {
  const outcome = connectionAllowed ? decision.outcome : 'deny'
  const given = connectionAllowed
    ? []
    : [`  the connection ${asked.connection} is given to none of the agent's access groups`]
  const rules = decision.matches.map(
    ({ policyName, policyVersion, rule, effect, mode, reason }) =>
      `  ${effect}${mode === 'shadow' ? ' (shadow)' : ''} by ${policyName} v${policyVersion} / ${rule}: ${reason}`,
  )
  return [
    `${outcome}: ${asked.agent} calling ${asked.tool} on ${asked.connection}`,
    ...given,
    ...(rules.length > 0 ? rules : [`  none of ${rulesEvaluated} rules matched; the default is allow`]),
    ...(decision.signals.length > 0 ? [`  signals: ${decision.signals.join(', ')}`] : []),
    ...(decision.modified ? [`  what would pass: ${JSON.stringify(decision.content)}`] : []),
    `  access groups: ${groups.map(({ name }) => name).join(', ')} · bundle version ${bundleVersion}`,
  ].join('\n')
}
