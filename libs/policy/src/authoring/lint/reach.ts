import { ActionClass } from '@writ/contracts'
import type { ActionClassSource, Comparison, Condition, Json, JsonObject, Rule } from '@writ/contracts'
import { matcherOf } from '../../match.ts'
import { parsePath } from '../../path.ts'
import { RuleFault } from '../../rule-fault.ts'
import type { Part } from './conjuncts.ts'
import { conditionsOf, partsOf } from './conjuncts.ts'
import type { Remark } from './finding.ts'

/** A tool (or prompt) that the tenant's agents can call, as lint has to know it. */
export type CatalogueTool = {
  readonly connection: string
  /** null where nobody has said which of the two */
  readonly trust: 'internal' | 'external' | null
  readonly tool: string
  readonly class: ActionClass
  readonly classSource: ActionClassSource
  readonly annotations?: JsonObject
  readonly inputSchema?: JsonObject | null
}

/** Whether a rule can match any tool that there is, and asks for arguments that such a tool has. Local actions have no catalogue. */
export function remarksOnReach(
  rule: Rule,
  at: number,
  catalogue: readonly CatalogueTool[],
): readonly Remark[] {
  if (catalogue.length === 0 || rule.channels?.includes('gateway') === false) return []
  const reached = catalogue.filter((tool) => canMatch(rule, tool))
  if (reached.length > 0) return unknownArguments(rule, at, reached)
  const message = `none of the ${catalogue.length} tools of the catalogue can match`
  return [{ level: 'warning', code: 'unreachable', rule: rule.id, steps: ['rules', at, 'when'], message }]
}

const canMatch = ({ when, unless }: Rule, tool: CatalogueTool): boolean =>
  truthOf(when, tool) !== false && (unless === undefined || truthOf(unless, tool) !== true)

/** Kleene's logic over what is known of a tool before it is called; null: it depends on the call. */
function truthOf(condition: Condition, tool: CatalogueTool): boolean | null {
  if ('all' in condition)
    return settle(
      condition.all.map((part) => truthOf(part, tool)),
      false,
    )
  if ('any' in condition)
    return settle(
      condition.any.map((part) => truthOf(part, tool)),
      true,
    )
  if ('not' in condition) return negated(truthOf(condition.not, tool))
  return 'path' in condition ? truthOfComparison(condition, tool) : null
}

function settle(truths: readonly (boolean | null)[], settling: boolean): boolean | null {
  if (truths.includes(settling)) return settling
  return truths.includes(null) ? null : !settling
}

const negated = (truth: boolean | null): boolean | null => (truth === null ? null : !truth)

function truthOfComparison(comparison: Comparison, tool: CatalogueTool): boolean | null {
  const values = comparison.to === undefined ? possibleValues(comparison.path, tool) : null
  const [first = null, ...others] = values?.map((value) => holds(comparison, value)) ?? []
  return others.every((truth) => truth === first) ? first : null
}

/** What a path can read in a call of the tool; null where the call itself decides. `undefined` stands for no value. */
function possibleValues(path: string, tool: CatalogueTool): readonly (Json | undefined)[] | null {
  if (path === 'action.tool') return [tool.tool]
  if (path === 'action.class') return possibleClasses(tool)
  if (path === 'connection.name') return [tool.connection]
  if (path === 'connection.trust') return tool.trust === null ? null : [tool.trust]
  return null
}

/** Arguments can raise a class that was inferred, and no other. */
const possibleClasses = ({ class: least, classSource }: CatalogueTool): readonly ActionClass[] =>
  classSource === 'inferred' ? ActionClass.options.slice(ActionClass.options.indexOf(least)) : [least]

function holds({ op, value: operand = null }: Comparison, value: Json | undefined): boolean | null {
  if (op === 'exists') return (value !== undefined) === operand
  if (op === 'ne') return value !== operand
  if (op === 'matches' || value === undefined) return null
  return matcherOf(op, operand)?.(value) ?? null
}

function unknownArguments(rule: Rule, at: number, reached: readonly CatalogueTool[]): readonly Remark[] {
  const known = reached.map(argumentNames)
  if (known.some((names) => names === null)) return []
  return conditionsOf(rule, at)
    .flatMap(partsOf)
    .flatMap(({ condition, steps }) => argumentsIn({ condition, steps }))
    .filter(({ name }) => !known.some((names) => names?.has(name)))
    .map(({ name, steps }) => ({
      level: 'warning',
      code: 'unknown-argument',
      rule: rule.id,
      steps,
      message: `no tool that this rule can match has an argument ${JSON.stringify(name)}`,
    }))
}

function argumentNames({ inputSchema }: CatalogueTool): ReadonlySet<string> | null {
  const properties = inputSchema?.['properties']
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) return null
  return new Set(Object.keys(properties))
}

type Asked = { readonly name: string; readonly steps: Part['steps'] }

/** The arguments that one part of a condition reads, by the name of the outermost. */
function argumentsIn({ condition, steps }: Part): readonly Asked[] {
  const members = ['path', 'to', 'sum', 'plus'] as const
  return members.flatMap((member) => {
    const path: unknown = Reflect.get(condition, member)
    const name = typeof path === 'string' ? argumentOf(path) : null
    return name === null ? [] : [{ name, steps: [...steps, member] }]
  })
}

function argumentOf(path: string): string | null {
  const parsed = parsePath(path)
  if (parsed instanceof RuleFault || !['args', 'provenance'].includes(parsed.root)) return null
  const [first] = parsed.steps
  return typeof first === 'string' ? first : null
}
