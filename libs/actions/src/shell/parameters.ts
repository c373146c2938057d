import type { ParameterExpansionPart, ParameterOperation, SimpleExpansionPart, Word } from 'unbash'
import { escapes } from './programs/printf.ts'
import { assign, copyOf, valueOf, type State } from './state.ts'
import {
  asScript,
  bounded,
  ELEMENT,
  ENVIRONMENT,
  globExpression,
  isKnown,
  joined,
  literal,
  NOTHING,
  UNKNOWN,
  unknownFrom,
  type Value,
} from './text.ts'

type Fold = (state: State, word: Word) => Value

/** What `$x` and `${x…}` stand for, as far as the command says it. */
export function parameterValue(
  state: State,
  part: SimpleExpansionPart | ParameterExpansionPart,
  fold: Fold,
): Value {
  if (part.type === 'SimpleExpansion') return named(state, part.text.slice(1)) ?? NOT_SET
  if (part.operation?.type === 'Names') return { text: `${part.parameter}${UNKNOWN}`, from: 0 }
  const value = subject(state, part, fold)
  if (part.prefix === '#')
    return value !== undefined && isKnown(value.text) ? literal(String(value.text.length)) : NOT_SET
  return part.operation === undefined
    ? (value ?? NOT_SET)
    : operated(state, part, { value, fold, list: listOf(state, part) })
}

const NOT_SET = literal(UNKNOWN)

/** Names of variables that hold secrets by their names. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name) && !PLAIN_NAME.test(name)
const SECRET_NAME =
  /(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIAL|COOKIE|DATABASE_URL|_PAT$|_DSN$|_KEY$|^AWS_\ue000)/i
const PLAIN_NAME = /(?:_FILE|_PATH|_URL|_NAME|_ID|PUBLIC_KEY)$(?<!DATABASE_URL)/i

export function named(state: State, name: string): Value | undefined {
  const value = positionalValue(state, name) ?? valueOf(state, name)
  if (value !== undefined) return value
  return isSecretName(name) ? unknownFrom(ENVIRONMENT) : undefined
}

function positionalValue(state: State, name: string): Value | undefined {
  const { positional } = state
  if (name === '@' || name === '*') {
    return positional === null ? NOTHING : joined(positional.slice(1), ELEMENT)
  }
  if (!/^\d+$/.test(name)) return undefined
  if (name === '0') return positional?.[0] ?? literal('bash')
  return positional === null ? undefined : (positional[Number(name)] ?? NOTHING)
}

function subject(state: State, part: ParameterExpansionPart, fold: Fold): Value | undefined {
  const index = part.index === undefined ? undefined : fold(state, part.index).text
  const name = part.index === undefined ? part.parameter : `${part.parameter}[${index === '*' ? '@' : index}]`
  const value = named(state, name)
  if (part.prefix !== '!' || part.parameter === '@') return value
  return value === undefined ? undefined : (named(state, value.text) ?? NOT_SET)
}

type Operand = {
  readonly value: Value | undefined
  readonly fold: Fold
  /** of all elements of an array 0, of all arguments 1: where they are counted from; null: it is one text */
  readonly list: 0 | 1 | null
}
type Operated<T extends ParameterOperation['type']> = (
  state: State,
  operation: Extract<ParameterOperation, { type: T }>,
  operand: Operand,
) => Value

function operated(state: State, part: ParameterExpansionPart, operand: Operand): Value {
  const { operation } = part
  if (operation === undefined) return operand.value ?? NOT_SET
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table's type gives each operation its own reader
  const done = (OPERATIONS[operation.type] as Operated<ParameterOperation['type']>)(state, operation, operand)
  if (operation.type === 'Default' && operation.operator.endsWith('=') && operand.value === undefined) {
    assign(state, part.parameter, done)
  }
  return done
}

const OPERATIONS: { readonly [T in ParameterOperation['type']]: Operated<T> } = {
  Default: (state, operation, { value, fold }) => {
    const other = fold(state, operation.operand)
    const isSet = value !== undefined && value.text !== ''
    if (operation.operator.endsWith('+'))
      return isSet && value.text !== UNKNOWN ? other : { ...other, from: 0 }
    return isSet ? value : operation.operator.endsWith('?') ? NOT_SET : other
  },
  Remove: (state, operation, { value, fold }) => {
    const pattern = fold(state, operation.operand)
    return mapped(value, (text) => removed(text, asScript(pattern.text), operation.operator))
  },
  Replace: (state, operation, { value, fold }) => {
    const pattern = fold(state, operation.pattern).text
    const replacement = fold(state, operation.replacement).text
    return mapped(value, (text) =>
      operation.operator === '//'
        ? text.replaceAll(asScript(pattern), () => replacement)
        : text.replace(asScript(pattern), () => replacement),
    )
  },
  Slice: (state, operation, { value, fold, list }) => {
    const offset = Number(fold(state, operation.offset).text)
    const length = operation.length === undefined ? undefined : Number(fold(state, operation.length).text)
    if (Number.isNaN(offset) || Number.isNaN(length ?? 0)) return NOT_SET
    if (list !== null && value !== undefined) return ofElements(value, offset - list, length)
    return mapped(value, (text) => sliced(text, offset, length))
  },
  CaseModification: (_, operation, { value }) => mapped(value, (text) => CASES[operation.operator](text)),
  Transform: (state, operation, { value, fold }) =>
    value === undefined ? NOT_SET : transformed(state, value, fold(state, operation.operand).text),
  Names: () => NOT_SET,
  Unknown: () => NOT_SET,
}

/** `${x@P}` runs the substitutions in what `x` holds, `${x@E}` takes its escapes for what they mean. */
function transformed(state: State, value: Value, how: string): Value {
  if (how === 'E') return mapped(value, escapes)
  if (how === 'U') return mapped(value, CASES['^^'])
  if (how === 'L') return mapped(value, CASES[',,'])
  if (how !== 'P') return value
  const text = `cat <<PROMPT\n${value.text}\nPROMPT\n`
  return state.shared.run.text(copyOf(state), { ...value, text }, null)
}

/** Each element of a list by itself. */
const mapped = (value: Value | undefined, change: (text: string) => string): Value =>
  value === undefined
    ? NOT_SET
    : isKnown(value.text)
      ? { ...value, text: bounded(value.text.split(ELEMENT).map(change).join(ELEMENT)) }
      : value

function listOf(state: State, { parameter, index }: ParameterExpansionPart): Operand['list'] {
  if (parameter === '@' || parameter === '*') return 1
  return index !== undefined && /^[@*]$/.test(index.text) && state.vars.has(`${parameter}[@]`) ? 0 : null
}

/** `${a[@]:1:2}`; the shell itself, which stands before the arguments, is none of them. */
function ofElements(value: Value, offset: number, length: number | undefined): Value {
  const elements = value.text.split(ELEMENT)
  const start = offset < 0 ? Math.max(0, elements.length + offset) : offset
  const end = length === undefined ? undefined : start + Math.max(0, length)
  return { ...value, text: elements.slice(start, end).join(ELEMENT) }
}

function sliced(text: string, offset: number, length: number | undefined): string {
  const start = offset < 0 ? Math.max(0, text.length + offset) : offset
  if (length === undefined) return text.slice(start)
  return length < 0 ? text.slice(start, length) : text.slice(start, start + length)
}

/** `${x#p}` and its kin: the shortest or longest end that matches is taken away. */
function removed(text: string, pattern: string, operator: '#' | '##' | '%' | '%%'): string {
  const expression = globExpression(pattern.replaceAll('*', '\ue003').replaceAll('?', '\ue002'))
  const cuts = Array.from({ length: Math.min(text.length, MAX_REMOVED) + 1 }, (_, at) => at)
  const isFront = operator.startsWith('#')
  const rests = cuts.filter((at) =>
    expression.test(isFront ? text.slice(0, at) : text.slice(text.length - at)),
  )
  const at = operator.length === 2 ? rests.at(-1) : rests[0]
  if (at === undefined) return text
  return isFront ? text.slice(at) : text.slice(0, text.length - at)
}
const MAX_REMOVED = 256

const first = (text: string, change: (one: string) => string): string =>
  change(text.slice(0, 1)) + text.slice(1)
const CASES = {
  '^': (text: string) => first(text, (one) => one.toUpperCase()),
  '^^': (text: string) => text.toUpperCase(),
  ',': (text: string) => first(text, (one) => one.toLowerCase()),
  ',,': (text: string) => text.toLowerCase(),
} as const
