import { formOf } from '../lower/form.ts'
import type { Expression } from '../lower/lowering.ts'
import type { Statement } from './statements.ts'

/**
 * Finds where an expression stands. Cedar's JSON form has no positions, but its expressions come in the order of the text, so each is
 * matched with the next token that can only be it. What cannot be found is said to stand where its policy begins.
 * @returns an offset into the file
 */
export function locate(statement: Statement, bodies: readonly Expression[], sought: Expression): number {
  const head = statement.tokens.findIndex(({ text }) => text === 'when' || text === 'unless')
  const walk: Walk = { statement, at: Math.max(head, 0), sought, found: null }
  for (const body of bodies) visit(body, walk)
  return walk.found ?? statement.start
}

type Walk = { readonly statement: Statement; at: number; readonly sought: Expression; found: number | null }

function visit(expression: Expression, walk: Walk): void {
  const operator = Object.keys(expression)[0] ?? ''
  const operand = expression[operator]
  const [before, after] = partsOf(operator, operand)
  for (const part of before) visit(part, walk)
  const offset = take(tokensFor(operator, operand, walk), walk)
  if (expression === walk.sought) walk.found = offset
  for (const part of after) visit(part, walk)
}

/** The next place where one of these stands; the walk stays where it is when there is none. */
function take(texts: readonly string[], walk: Walk): number | null {
  const { tokens } = walk.statement
  for (let at = walk.at; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token === undefined || !texts.includes(token.text)) continue
    walk.at = at + 1
    return token.start
  }
  return null
}

type Parts = readonly [before: readonly Expression[], after: readonly Expression[]]

const METHODS = new Set(['contains', 'containsAll', 'containsAny', 'isEmpty', 'hasTag', 'getTag'])
const FUNCTIONS = new Set(['ip', 'decimal', 'datetime', 'duration'])

/** What stands left and right of the operator's own word. */
function partsOf(operator: string, operand: unknown): Parts {
  if (Array.isArray(operand)) return partsOfCall(operator, formOf<Expression[]>(operand))
  if (typeof operand !== 'object' || operand === null || operator === 'Value') return [[], []]
  if (operator === 'Record') return [[], Object.values(formOf<Record<string, Expression>>(operand))]
  const part = (name: string): Expression[] => {
    const found = formOf<Record<string, unknown>>(operand)[name]
    return typeof found === 'object' && found !== null ? [formOf<Expression>(found)] : []
  }
  if (operator === 'if-then-else') return [[], ['if', 'then', 'else'].flatMap(part)]
  if (METHODS.has(operator)) return [[...part('left'), ...part('arg')], part('right')]
  return [part('left'), [...part('right'), ...part('arg'), ...part('in')]]
}

function partsOfCall(operator: string, operands: readonly Expression[]): Parts {
  if (operator === 'Set' || FUNCTIONS.has(operator)) return [[], operands]
  return [operands.slice(0, 1), operands.slice(1)]
}

function tokensFor(operator: string, operand: unknown, walk: Walk): readonly string[] {
  if (operator === 'Value') return valueTokens(operand, walk)
  if (operator === 'Var') return [String(operand)]
  if (operator === '.') return named(String(formOf<{ attr: unknown }>(operand).attr))
  if (operator === 'neg') return ['-']
  if (operator === 'if-then-else') return ['if']
  if (operator === 'Set') return ['[']
  return operator === 'Record' ? ['{'] : [operator]
}

const named = (name: string): string[] => [name, JSON.stringify(name)]

function valueTokens(value: unknown, { statement }: Walk): readonly string[] {
  if (typeof value === 'string') return [JSON.stringify(value)]
  if (typeof value === 'number') return ['-', ...numbersIn(statement, Math.abs(value))]
  if (typeof value === 'boolean') return [`${value}`]
  const entity = formOf<{ __entity?: { id?: string } } | null>(value)?.__entity
  return [JSON.stringify(entity?.id ?? '')]
}

/** The parser has rounded numbers beyond 2^53, so they are compared by value. */
const numbersIn = ({ tokens }: Statement, value: number): readonly string[] =>
  tokens.map(({ text }) => text).filter((text) => Number(text) === value)
