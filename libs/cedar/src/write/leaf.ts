import type { Comparison, Operand, Operator } from '@writ/contracts'
import { cedarPattern, cedarScalar, cedarText } from './literal.ts'
import { spotOf } from './spot.ts'
import type { Spot } from './spot.ts'

/** A condition in Cedar, and whether it can be at fault; or why it cannot be said. */
export type Said = { readonly text: string; readonly canErr: boolean } | { readonly unsayable: string }

/** One comparison in Cedar. */
export function leafToCedar(comparison: Comparison): Said {
  const { path, op, to, value = null, required = false } = comparison
  const spot = spotOf(path)
  if (spot === null) return { unsayable: `${path} is not in the Cedar view` }
  if (to !== undefined) return { unsayable: 'two paths are compared' }
  if (op === 'ne') return negated(leafToCedar({ ...comparison, op: 'eq' }))
  if (op === 'exists') return existence(spot, value === true, required)
  if (value === null) return nullness(spot, comparison)
  const text = withValue(spot, op, value)
  if (text === null) return { unsayable: `${op} with this value has no exact form in Cedar for ${path}` }
  return required ? { text, canErr: isUnsure(spot) } : guarded(spot, op, text)
}

/** Where null stands for what is missing. */
function nullness({ kind, parent, name }: Spot, { op, required }: Comparison): Said {
  const isSayable = kind === 'optional' && op === 'eq' && required === undefined
  return isSayable ? sure(`!(${parent} has ${name})`) : { unsayable: 'Cedar has no null' }
}

const isUnsure = ({ kind }: Spot): boolean => kind === 'free' || kind === 'optional'

/** What may be missing is false here and an error there, so that it is asked for first. */
function guarded(spot: Spot, op: Operator, text: string): Said {
  if (!isUnsure(spot)) return sure(text)
  const whole = `(${spot.parent} has ${cedarText(spot.name)} && ${text})`
  if (spot.kind === 'optional') return sure(whole)
  if (spot.isShallow && FAULTING.has(op)) return { text: whole, canErr: true }
  return { unsayable: `${spot.text} may be of any type, and Cedar sees another type as another value` }
}

const sure = (text: string): Said => ({ text, canErr: false })

const negated = (said: Said): Said => ('text' in said ? { ...said, text: `!(${said.text})` } : said)

/** What is a fault on a value of another type in both languages. */
const FAULTING: ReadonlySet<string> = new Set([
  'gt',
  'gte',
  'lt',
  'lte',
  'glob',
  'startsWith',
  'endsWith',
  'contains',
])

function existence(spot: Spot, wanted: boolean, required: boolean): Said {
  const turned = (text: string, canErr: boolean): Said => ({ text: wanted ? text : `!(${text})`, canErr })
  if (spot.kind === 'optional') return { unsayable: `${spot.text} is null rather than missing` }
  if (spot.kind !== 'free') return turned('true', false)
  if (!required && !spot.isShallow) return { unsayable: 'what lies below an argument may be no record' }
  return turned(`${spot.parent} has ${cedarText(spot.name)}`, required && !spot.isShallow)
}

const SIGNS: Readonly<Record<string, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' }

function withValue(spot: Spot, op: Operator, value: Operand): string | null {
  if (op in SIGNS) return ordered(spot, SIGNS[op] ?? '', value)
  if (op === 'eq') return isScalar(value) ? `${spot.text} == ${cedarScalar(value)}` : null
  if (op === 'in') return setOf(value, (set) => `${set}.contains(${spot.text})`)
  return onSet(spot, op, value) ?? onText(spot, op, value)
}

const TEXTUAL: ReadonlySet<Spot['kind']> = new Set<Spot['kind']>(['text', 'optional', 'free'])

function onText(spot: Spot, op: Operator, value: Operand): string | null {
  const pattern = TEXTUAL.has(spot.kind) ? patternOf(op, value) : null
  return pattern === null ? null : `${spot.text} like "${pattern}"`
}

const ordered = (spot: Spot, sign: string, value: Operand): string | null =>
  Number.isSafeInteger(value) && (spot.kind === 'long' || spot.kind === 'free')
    ? `${spot.text} ${sign} ${String(value)}`
    : null

function onSet(spot: Spot, op: Operator, value: Operand): string | null {
  if (spot.kind !== 'texts' && spot.kind !== 'free') return null
  if (op === 'has') return isScalar(value) ? `${spot.text}.contains(${cedarScalar(value)})` : null
  if (op === 'hasAll') return setOf(value, (set) => `${spot.text}.containsAll(${set})`)
  if (op === 'hasAny') return setOf(value, (set) => `${spot.text}.containsAny(${set})`)
  if (op !== 'subsetOf') return null
  return setOf(value, (set) => (set === '[]' ? `${spot.text}.isEmpty()` : `${set}.containsAll(${spot.text})`))
}

function setOf(value: Operand, say: (set: string) => string): string | null {
  return Array.isArray(value) && value.every(isScalar) ? say(`[${value.map(cedarScalar).join(', ')}]`) : null
}

/** The scalars that both languages have. */
const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'boolean' ||
  Number.isSafeInteger(value) ||
  (typeof value === 'string' && !/\p{Surrogate}/u.test(value))

/** A pattern that is read back as it is: see `like`, where a backslash before a wildcard has no exact form in the middle. */
function patternOf(op: Operator, value: Operand): string | null {
  if (typeof value !== 'string' || !isScalar(value)) return null
  const text = cedarPattern(value)
  if (op === 'startsWith') return `${text}*`
  if (op === 'endsWith') return `*${text}`
  if (op === 'contains') return `*${text}*`
  return op === 'glob' ? globPattern(value) : null
}

/** `*` is any run of characters in both; `\*` a star in both. */
function globPattern(glob: string): string {
  return [...glob.matchAll(/\\\*|\*|(?:[^*\\]|\\(?!\*))+/g)]
    .map(([piece]) => (piece === '*' ? '*' : cedarPattern(piece === '\\*' ? '*' : piece)))
    .join('')
}
