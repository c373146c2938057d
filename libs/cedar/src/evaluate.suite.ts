// oxlint-disable typescript/no-unsafe-type-assertion, typescript/no-base-to-string, complexity -- plain on purpose: this file is read against the meaning of conditions
import type { Comparison, Condition, Json } from '@writ/contracts'
import type { Asked } from './view/question-to-cedar.ts'

/** A slow reading of conditions, for the specs only: true, false, or null where a comparison is at fault. */
export function evaluate(condition: Condition, asked: Asked): boolean | null {
  if ('all' in condition)
    return settle(
      condition.all.map((part) => evaluate(part, asked)),
      false,
    )
  if ('any' in condition)
    return settle(
      condition.any.map((part) => evaluate(part, asked)),
      true,
    )
  if ('not' in condition) {
    const truth = evaluate(condition.not, asked)
    return truth === null ? null : !truth
  }
  if (!('path' in condition)) throw new Error('no folds come from Cedar')
  return compare(condition, asked)
}

function settle(truths: readonly (boolean | null)[], settling: boolean): boolean | null {
  if (truths.includes(settling)) return settling
  return truths.includes(null) ? null : !settling
}

function compare(comparison: Comparison, asked: Asked): boolean | null {
  const { path, op, required = false } = comparison
  if (op === 'ne') {
    const equal = compare({ ...comparison, op: 'eq' }, asked)
    return equal === null ? null : !equal
  }
  const steps = stepsOf(path)
  if (op === 'exists') {
    const parent = valueAt(asked, steps.slice(0, -1), required)
    if (required && !isRecord(parent)) return null
    return (valueAt(asked, steps, required) !== undefined) === comparison.value
  }
  const value = valueAt(asked, steps, required)
  const operand =
    comparison.to === undefined ? comparison.value : valueAt(asked, stepsOf(comparison.to), required)
  if (required && (value === undefined || value === null || operand === undefined || operand === null))
    return null
  if (value === undefined || operand === undefined) return false
  return judge(op, value, operand, required)
}

const isTree = (value: Json): boolean => typeof value === 'object' && value !== null
const isRecord = (value: Json | undefined): boolean =>
  value !== undefined && isTree(value) && !Array.isArray(value)

function judge(op: string, value: Json, operand: Json, required: boolean): boolean | null {
  if (op === 'eq' || op === 'in') {
    const wanted = op === 'in' ? (operand as Json[]) : [operand]
    if (isTree(value) || (op === 'eq' && isTree(operand)))
      return required && isTree(value) !== isTree(operand) ? false : required && op === 'in' ? false : null
    return wanted.some((one) => one === value)
  }
  if (op.startsWith('has') || op === 'subsetOf') {
    if (!Array.isArray(value)) return null
    const many = (op === 'has' ? [operand] : operand) as Json[]
    if (op === 'subsetOf') return value.every((item) => many.includes(item as Json))
    return op === 'hasAll'
      ? many.every((one) => value.includes(one))
      : many.some((one) => value.includes(one))
  }
  if (typeof value !== typeof operand || isTree(value)) return null
  if (op === 'glob') return new RegExp(`^${globSource(String(operand))}$`, 's').test(String(value))
  if (op === 'startsWith') return String(value).startsWith(String(operand))
  if (op === 'contains') return String(value).includes(String(operand))
  const order = value === operand ? 0 : (value as number) < (operand as number) ? -1 : 1
  return { gt: order > 0, gte: order >= 0, lt: order < 0, lte: order <= 0 }[op] ?? null
}

const globSource = (glob: string): string =>
  glob.replaceAll(/\\\*|[^]/g, (piece) =>
    piece === '*' ? '[^]*' : piece.slice(-1).replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&'),
  )

export function stepsOf(path: string): string[] {
  return [...path.matchAll(/\.?([^.[\]"]+)|\[("(?:[^"\\]|\\.)*")\]/g)].map(([, plain, quoted]) =>
    quoted === undefined ? (plain ?? '') : (JSON.parse(quoted) as string),
  )
}

function valueAt(
  { question, signals }: Asked,
  steps: readonly string[],
  required: boolean,
): Json | undefined {
  const { action, session, chain } = question
  const root = {
    ...question,
    session: { id: session.id, ...session.state },
    chain: {
      ids: chain.map(({ id }) => id),
      names: chain.map(({ name }) => name),
      groups: chain.flatMap(({ groups }) => groups),
    },
    resource: { id: action.resource },
    content: { signals },
  } as unknown as Json
  let value: Json | undefined = root
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || (required && Array.isArray(value))) return undefined
    value = Object.hasOwn(value, step) ? (value as { [key: string]: Json })[step] : undefined
  }
  return value
}
