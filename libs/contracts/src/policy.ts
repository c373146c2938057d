import { z } from 'zod'
import { Direction } from './action.ts'

/** What a rule wants when it matches, strictest first. */
export const Effect = z.enum(['deny', 'ask', 'modify', 'flag'])
export type Effect = z.infer<typeof Effect>

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
])
export type Operator = z.infer<typeof Operator>

const Scalar = z.union([z.string().max(4096), z.number(), z.boolean(), z.null()])
export const Operand = z.union([Scalar, z.array(Scalar).max(1000)])
export type Operand = z.infer<typeof Operand>

/** Roots that a path may start with. */
export const PATH_ROOTS = [
  'agent',
  'human',
  'session',
  'action',
  'connection',
  'args',
  'content',
  'direction',
  'channel',
] as const

/** Operators that search a text, and how long a text they may search for. */
const SOUGHT: ReadonlySet<Operator> = new Set<Operator>(['contains', 'glob'])
const MAX_SOUGHT = 256

/** Comparison of one value of the question, e.g. `{ path: 'args.branch', op: 'glob', value: 'release/*' }`. */
export const Comparison = z
  .strictObject({
    path: z
      .string()
      .max(256)
      .refine((path) => (PATH_ROOTS as readonly string[]).includes(path.split('.')[0] ?? ''), {
        error: `a path starts with one of: ${PATH_ROOTS.join(', ')}`,
      }),
    op: Operator,
    value: Operand,
  })
  .refine(({ op, value }) => !SOUGHT.has(op) || typeof value !== 'string' || value.length <= MAX_SOUGHT, {
    error: `what contains and glob look for has at most ${MAX_SOUGHT} characters`,
  })
export type Comparison = z.infer<typeof Comparison>

export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | Comparison
export const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(Condition).max(64) }),
    z.strictObject({ any: z.array(Condition).max(64) }),
    z.strictObject({ not: Condition }),
    Comparison,
  ]),
)

/** How a modify rule rewrites what a signal found: `replace` writes [EMAIL], `mask` keeps the last four, `drop` removes. */
export const Rewriting = z.enum(['replace', 'mask', 'drop'])
export type Rewriting = z.infer<typeof Rewriting>

export const Rule = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
    effect: Effect,
    on: z.array(Direction).min(1).default(['outbound', 'inbound']),
    when: Condition,
    unless: Condition.optional(),
    reason: z.string().min(1).max(500),
    /** for `modify` only: signal pattern (`pii.email`, `pii.*`) to rewriting */
    modify: z.record(z.string().regex(/^[a-z*][a-z0-9.*_-]{0,63}$/), Rewriting).optional(),
  })
  .refine((rule) => (rule.effect === 'modify') === (rule.modify !== undefined), {
    error: 'a modify rule says what it modifies, and no other rule does',
  })
export type Rule = z.infer<typeof Rule>

/** `shadow` decides and records, but does not act. */
export const PolicyMode = z.enum(['enforce', 'shadow'])
export type PolicyMode = z.infer<typeof PolicyMode>

/** The document that an admin writes; stored versioned. */
export const PolicyDocument = z.strictObject({
  writ: z.literal(1),
  mode: PolicyMode.default('enforce'),
  rules: z.array(Rule).min(1).max(100),
})
export type PolicyDocument = z.infer<typeof PolicyDocument>
