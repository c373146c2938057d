import { z } from 'zod'
import { ActionClass } from './action.ts'

export const Operator = z.enum([
  'eq',
  'ne',
  'in',
  'gt',
  'gte',
  'lt',
  'lte',
  'exists',
  'startsWith',
  'endsWith',
  'contains',
  'glob',
  'has',
  'hasAny',
  'hasAll',
  'subsetOf',
  'matches',
  'cidr',
  'before',
  'after',
])
export type Operator = z.infer<typeof Operator>

const Scalar = z.union([z.string().max(4096), z.number(), z.boolean(), z.null()])
export const Operand = z.union([Scalar, z.array(Scalar).max(1000)])
export type Operand = z.infer<typeof Operand>

/** Roots that a path may start with. */
export const PATH_ROOTS = [
  'agent',
  'human',
  'chain',
  'session',
  'action',
  'tool',
  'resource',
  'connection',
  'args',
  'provenance',
  'content',
  'direction',
  'channel',
  'env',
] as const

/** `args.branch`, `args.files.*.path` (every item), `args["a.b"]` (a name that holds a dot). */
export const Path = z
  .string()
  .max(256)
  .refine((path) => (PATH_ROOTS as readonly string[]).includes(path.split(/[.[]/)[0] ?? ''), {
    error: `a path starts with one of: ${PATH_ROOTS.join(', ')}`,
  })

/** Operators that search a text, and how long a text they may search for. */
const SOUGHT: ReadonlySet<Operator> = new Set<Operator>(['contains', 'glob'])
const MAX_SOUGHT = 256

/** Comparison of one value of the question: with a value (`{ path: 'args.branch', op: 'glob', value: 'release/*' }`), or with another path (`to`). */
export const Comparison = z
  .strictObject({
    path: Path,
    op: Operator,
    value: Operand.optional(),
    to: Path.optional(),
    /**
     * Strict reading, as Cedar reads: what is not there, is null or lies below something that is no record cannot be judged, rather than
     * being false. `exists` then needs the record that would hold the member, lists are lists and never a value of their own, and a list
     * or record is merely unequal to a scalar.
     */
    required: z.literal(true).optional(),
  })
  .refine(({ value, to }) => (value === undefined) !== (to === undefined), {
    error: 'a comparison has either a value or a path to compare with (`to`)',
  })
  .refine(({ op, value }) => !SOUGHT.has(op) || typeof value !== 'string' || value.length <= MAX_SOUGHT, {
    error: `what contains and glob look for has at most ${MAX_SOUGHT} characters`,
  })
export type Comparison = z.infer<typeof Comparison>

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** Seconds of a well-formed duration. */
export const secondsOf = (duration: string): number =>
  Number(duration.slice(0, -1)) * (SECONDS[duration.slice(-1)] ?? Number.NaN)

/** A stretch of time, e.g. `90s`, `15m`, `8h`; at most 24 hours. */
export const Duration = z
  .string()
  .regex(/^[1-9]\d{0,4}[smh]$/, { error: 'a duration is a number with s, m or h, e.g. 15m', abort: true })
  .refine((text) => secondsOf(text) <= 86_400, { error: 'a duration is at most 24 hours' })
export type Duration = z.infer<typeof Duration>

/** Which events of a session a fold takes; every member that is given must hold. */
export const Selection = z.strictObject({
  /** `call`: an action that was let out. `denial`: one that was not. `approval`: one that a person approved. */
  event: z.enum(['call', 'denial', 'approval']).default('call'),
  class: z.array(ActionClass).min(1).max(11).optional(),
  tool: z.array(z.string().max(256)).min(1).max(64).optional(),
  connection: z.array(z.string().max(63)).min(1).max(64).optional(),
  /** only events with the resource, or the tool and arguments, of the action that is asked about */
  same: z.enum(['resource', 'arguments']).optional(),
})
export type Selection = z.infer<typeof Selection>

const OrderOperator = z.enum(['eq', 'gt', 'gte', 'lt', 'lte'])
const Folded = {
  /** past-only; without it, the whole session */
  window: Duration.optional(),
  /** a number, or a path to one, that is added before comparing: the share of the action that is asked about */
  plus: z.union([z.number(), Path]).optional(),
  op: OrderOperator,
  value: z.number(),
}
/** How many events: `{ count: { class: [money] }, window: 1h, op: gte, value: 5 }`. */
export const Count = z.strictObject({ count: Selection, ...Folded })
export type Count = z.infer<typeof Count>
/** The sum of one argument over events: `{ sum: args.amount, of: { class: [money] }, window: 1h, plus: args.amount, op: gt, value: 5000 }`. */
export const Sum = z.strictObject({ sum: Path, of: Selection.default({ event: 'call' }), ...Folded })
export type Sum = z.infer<typeof Sum>

export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | Comparison
  | Count
  | Sum
export const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(Condition).max(64) }),
    z.strictObject({ any: z.array(Condition).max(64) }),
    z.strictObject({ not: Condition }),
    Count,
    Sum,
    Comparison,
  ]),
)
