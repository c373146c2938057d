import type { Decision, Json, PolicyTest, RuleMatch } from '@writ/contracts'

/** One expectation that did not come true. */
export type Difference = {
  readonly what: 'decision' | 'rules' | 'args' | 'content' | 'signals' | 'labels'
  readonly expected: Json
  readonly got: Json
}

/** What a case expected and did not get; what it does not mention may be anything. */
export function differencesOf(
  { expect: expected, call }: PolicyTest,
  decision: Decision,
): readonly Difference[] {
  const wanted: readonly [Difference['what'], Json | undefined, Json][] = [
    ['decision', expected.decision, decision.outcome],
    ['rules', inOrder(expected.rules), decision.matches.map(ruleOf).sort()],
    ['args', expected.args, argumentsIn(decision, call.tool === undefined)],
    ['content', expected.content, decision.content],
    ['signals', inOrder(expected.signals), [...decision.signals].sort()],
    ['labels', inOrder(expected.labels), [...decision.labels].sort()],
  ]
  return wanted.flatMap(([what, wish, got]) =>
    wish === undefined || areSame(wish, got) ? [] : [{ what, expected: wish, got }],
  )
}

const inOrder = (list: readonly string[] | undefined): readonly string[] | undefined =>
  list === undefined ? undefined : [...list].sort()

/** A rule's id, with the mark of one that could not be evaluated. */
export const ruleOf = ({ rule, errored }: RuleMatch): string => `${rule}${errored ? '!' : ''}`

/** Of a call that names a tool the arguments stand in its params. */
function argumentsIn({ content }: Decision, isBare: boolean): Json {
  if (isBare || typeof content !== 'object' || content === null || !('arguments' in content)) return content
  return content.arguments ?? null
}

const areSame = (left: Json, right: Json): boolean => canonical(left) === canonical(right)

const canonical = (value: Json): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )
