import type { ExplainRequest, JsonObject, RuleMatch } from '@writ/contracts'
import { ExplainAnswer, JsonObjectSchema } from '@writ/contracts'
import { ruleLines } from '@writ/policy/authoring'
import type { ApiAccess } from '../api.ts'
import { callApi } from '../api.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import { pastOf } from './policy/past-file.ts'
import type { PastOptions } from './policy/past-file.ts'

export type ExplainOptions = {
  readonly agent: string
  readonly connection: string
  readonly tool: string
  readonly args: string
  readonly direction: 'outbound' | 'inbound'
} & PastOptions

/** Why would this call be decided so? Asked of the engine that the gateways run, on the bundle that they have. */
export async function explainPolicy(
  access: ApiAccess,
  options: ExplainOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { agent, connection, tool, direction } = options
  const args = argumentsIn(options.args)
  const asked: ExplainRequest = { agent, connection, tool, direction, args, ...(await pastOf(options)) }
  const answer = await callApi(access, 'policies/explain', ExplainAnswer, asked)
  show(terminal, answer, sentencesOf(answer, options))
  return answer.connectionAllowed && answer.decision.outcome === 'allow' ? EXIT.ok : EXIT.no
}

/** @throws Failure */
export function argumentsIn(text: string): JsonObject {
  try {
    return JsonObjectSchema.parse(JSON.parse(text))
  } catch {
    throw new Failure('--args is not a JSON object', `For example: --args '{"to":"ana@example.com"}'`)
  }
}

function sentencesOf(answer: ExplainAnswer, asked: ExplainOptions): string {
  const { decision, connectionAllowed, groups, bundleVersion } = answer
  const what = asked.direction === 'outbound' ? `${asked.agent} calling` : `the answer to ${asked.agent} of`
  return [
    `${connectionAllowed ? decision.outcome : 'deny'}: ${what} ${asked.tool} on ${asked.connection}`,
    ...reasonsOf(answer, asked),
    ...(decision.signals.length > 0 ? [`  signals: ${decision.signals.join(', ')}`] : []),
    ...(decision.modified ? [`  what would pass: ${JSON.stringify(decision.content)}`] : []),
    `  access groups: ${groups.map(({ name }) => name).join(', ')} · bundle version ${bundleVersion}`,
    ...(answer.rules.length > 0
      ? ['  why:', ...answer.rules.flatMap(ruleLines).map((line) => `    ${line}`)]
      : []),
  ].join('\n')
}

function reasonsOf(
  { decision, connectionAllowed, rulesEvaluated }: ExplainAnswer,
  { connection }: ExplainOptions,
): string[] {
  const rules = decision.matches.map(sentenceOf)
  if (!connectionAllowed)
    return [`  the connection ${connection} is given to none of the agent's access groups`, ...rules]
  if (decision.byDefault) return ['  denied by default: no allow rule matched', ...rules]
  return rules.length > 0 ? rules : [`  none of ${rulesEvaluated} rules matched; the default is allow`]
}

function sentenceOf({ policyName, policyVersion, rule, effect, reason, ...match }: RuleMatch): string {
  const marks = [
    ...(match.mode === 'shadow' ? ['shadow'] : []),
    ...(match.errored ? ['could not be evaluated'] : []),
    ...(match.overriddenBy === null ? [] : [`overridden by ${match.overriddenBy}`]),
  ]
  const how = marks.length > 0 ? ` (${marks.join(', ')})` : ''
  return `  ${effect}${how} by ${policyName} v${policyVersion} / ${rule}: ${reason}`
}
