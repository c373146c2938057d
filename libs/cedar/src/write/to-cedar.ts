import type { Condition, PolicyDocument, Rule } from '@writ/contracts'
import { leafToCedar } from './leaf.ts'
import type { Said } from './leaf.ts'
import { cedarText } from './literal.ts'

/** A document in Cedar, or the rules that cannot be said in it. */
export type CedarWriting =
  | { readonly text: string }
  | { readonly refused: readonly { readonly rule: string; readonly reason: string }[] }

/**
 * Writes a document as Cedar policies such that `readCedar` makes of them rules that decide alike, for every question that Cedar can
 * say. What has no exact form is refused: folds and patterns of one's own, paths outside the view, comparisons that judge another type
 * otherwise than Cedar does, and conditions where two parts may be at fault, because Cedar stops at the first.
 */
export function toCedar({ rules }: PolicyDocument): CedarWriting {
  const written = rules.map((rule) => ({ rule: rule.id, policy: policyOf(rule) }))
  const refused = written.flatMap(({ rule, policy }) =>
    typeof policy === 'string' ? [] : [{ rule, reason: policy.unsayable }],
  )
  if (refused.length > 0) return { refused }
  return { text: written.map(({ policy }) => `${typeof policy === 'string' ? policy : ''}\n`).join('\n') }
}

function policyOf(rule: Rule): string | { unsayable: string } {
  if (rule.ask !== undefined) return { unsayable: 'how long is asked for cannot be said' }
  const said = sayCondition(wholeOf(rule), 0)
  if ('unsayable' in said) return said
  const head = rule.effect === 'allow' ? 'permit' : 'forbid'
  return `${annotationsOf(rule).join('\n')}\n${head} (principal, action, resource)\nwhen { ${said.text} };`
}

function wholeOf({ when, unless, channels }: Rule): Condition {
  const parts: Condition[] = [when]
  if (unless !== undefined) parts.push({ not: unless })
  if (channels !== undefined) parts.push({ path: 'channel', op: 'in', value: channels })
  return parts.length === 1 ? when : { all: parts }
}

function annotationsOf({ id, effect, reason, on, modify, labels }: Rule): string[] {
  const pairs = Object.entries(modify ?? {}).map(([signal, rewriting]) => `${signal}=${rewriting}`)
  return [
    `@id(${cedarText(id)})`,
    ...(effect === 'allow' || effect === 'deny' ? [] : [`@effect("${effect}")`]),
    `@reason(${cedarText(reason)})`,
    ...(new Set(on).size === 2 ? [] : [`@on("${on[0]}")`]),
    ...(pairs.length === 0 ? [] : [`@modify(${cedarText(pairs.join(','))})`]),
    ...(labels === undefined ? [] : [`@label(${cedarText(labels.add.join(','))})`]),
  ]
}

/** What the parser of Cedar takes; see `text/nesting.ts`. */
const DEEPEST = 16

function sayCondition(condition: Condition, depth: number): Said {
  if (depth > DEEPEST) return { unsayable: 'the conditions nest too deep' }
  if ('all' in condition) return join(condition.all, '&&', depth)
  if ('any' in condition) return join(condition.any, '||', depth)
  if ('not' in condition) {
    const said = sayCondition(condition.not, depth + 1)
    return 'text' in said ? { ...said, text: `!(${said.text})` } : said
  }
  return 'path' in condition
    ? leafToCedar(condition)
    : { unsayable: 'what a session has done is counted or summed' }
}

/** Cedar stops at the first part that errs, so the one that can stands last, and there is at most one. */
function join(parts: readonly Condition[], sign: '&&' | '||', depth: number): Said {
  const said = parts.map((part) => sayCondition(part, depth + 1))
  const unsayable = said.find((one) => 'unsayable' in one)
  if (unsayable !== undefined) return unsayable
  const texts = said.flatMap((one) => ('text' in one ? [one] : []))
  const erring = texts.filter(({ canErr }) => canErr)
  if (erring.length > 1) return { unsayable: 'two parts of a condition may be at fault' }
  const sorted = [...texts.filter(({ canErr }) => !canErr), ...erring].map(({ text }) => `(${text})`)
  return {
    text: sorted.length === 0 ? `${sign === '&&'}` : sorted.join(` ${sign} `),
    canErr: erring.length > 0,
  }
}
