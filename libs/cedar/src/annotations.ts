import { Effect, Rule } from '@writ/contracts'
import type { PolicyForm } from './lower/policy.ts'

/** What the annotations of one policy say of the rule that it becomes, before its condition. */
export type Heading = {
  readonly id: string
  readonly effect: Effect
  readonly reason: string
  readonly on?: readonly string[]
  readonly modify?: Readonly<Record<string, string>>
  readonly labels?: { readonly add: readonly string[] }
}

const KNOWN: ReadonlySet<string> = new Set(['id', 'effect', 'reason', 'modify', 'on', 'label'])

/** Annotations that say nothing here; Cedar gives a meaning to none. */
export const strangersIn = (annotations: PolicyForm['annotations']): readonly string[] =>
  Object.keys(annotations ?? {}).filter((name) => !KNOWN.has(name))

/**
 * Reads `@id @effect @reason @modify @on @label`. A `forbid` has the effect that it names, deny when it names none; a `permit` is an allow rule.
 * @returns a text that says what is wrong
 */
export function headingOf({ effect, annotations = {} }: PolicyForm, ordinal: number): Heading | string {
  const wanted = effectOf(effect, annotations['effect'])
  if (!wanted.success) return wanted.reason
  const modify = annotations['modify'] === undefined ? undefined : pairsOf(annotations['modify'])
  if (modify === null) return '@modify is written as "signal=rewriting,signal=rewriting"'
  const id = annotations['id'] ?? `policy-${ordinal}`
  return {
    id,
    effect: wanted.effect,
    reason: annotations['reason'] ?? `The Cedar policy ${id} says so.`,
    ...(annotations['on'] === undefined ? {} : { on: listOf(annotations['on']) }),
    ...(modify === undefined ? {} : { modify }),
    ...(annotations['label'] === undefined ? {} : { labels: { add: listOf(annotations['label']) } }),
  }
}

type Wanted = { success: true; effect: Effect } | { success: false; reason: string }

function effectOf(kind: PolicyForm['effect'], named: string | null | undefined): Wanted {
  if (kind === 'permit')
    return named === undefined || named === 'allow'
      ? { success: true, effect: 'allow' }
      : { success: false, reason: 'a permit allows: only a forbid says what it does with @effect' }
  const found = Effect.exclude(['allow']).safeParse(named ?? 'deny')
  if (named !== null && found.success) return { success: true, effect: found.data }
  return { success: false, reason: '@effect is one of abort, deny, ask, modify, flag' }
}

const listOf = (text: string | null): string[] => (text ?? '').split(',').map((one) => one.trim())

/** Null where a part is no pair. */
function pairsOf(text: string | null): Record<string, string> | null {
  const pairs = listOf(text).map((one) => one.split('=').map((side) => side.trim()))
  if (pairs.some((pair) => pair.length !== 2)) return null
  return Object.fromEntries(pairs.map(([signal = '', rewriting = '']) => [signal, rewriting]))
}

/** The rule, when the contract of rules takes it; otherwise what it says against it. */
export function ruleOf(heading: Heading, when: Rule['when']): Rule | string {
  const parsed = Rule.safeParse({ ...heading, when })
  if (parsed.success) return parsed.data
  return parsed.error.issues
    .map(({ path, message }) =>
      path.length === 0 ? message : `@${ANNOTATION[String(path[0])] ?? String(path[0])}: ${message}`,
    )
    .join('; ')
}

const ANNOTATION: Readonly<Record<string, string>> = { labels: 'label' }
