import type { PolicyDocument } from '@writ/contracts'
import type { PositionOf } from '../positions.ts'
import { placeOf } from '../positions.ts'
import { contradictionsIn } from './contradictions.ts'
import { faultsIn } from './faults.ts'
import type { LintFinding, Remark } from './finding.ts'
import type { LintGroup } from './groups.ts'
import { remarksOnGroups } from './groups.ts'
import { idleIn } from './idle.ts'
import type { CatalogueTool } from './reach.ts'
import { remarksOnReach } from './reach.ts'
import { textOf } from './conjuncts.ts'

export type LintOptions = {
  /** finds lines and columns; without it findings have none */
  readonly positionOf?: PositionOf
  /** the tools that the tenant's agents can call; without it nothing is said about reach */
  readonly catalogue?: readonly CatalogueTool[]
  /** the tenant's access groups; without them nothing is said about defaults and approvers */
  readonly groups?: readonly LintGroup[]
  /** policies that apply beside this one, by name */
  readonly others?: readonly { readonly name: string; readonly document: PolicyDocument }[]
}

/** Looks for what is hardly meant, without asking a single question of the policy. Findings stand in the order of the document. */
export function lintPolicy(document: PolicyDocument, options: LintOptions = {}): readonly LintFinding[] {
  const { positionOf, catalogue = [], groups = [], others = [] } = options
  const remarks: readonly Remark[] = [
    ...faultsIn(document),
    ...document.rules.flatMap(contradictionsIn),
    ...document.rules.flatMap((rule, at) => remarksOnReach(rule, at, catalogue)),
    ...idleIn(document),
    ...remarksOnGroups(document, groups),
    ...repeatedIn(document, others),
  ]
  return remarks.map((remark) => findingOf(remark, positionOf)).sort(inPlace)
}

/** Findings that a person should act on; notes are not. */
export const countsAsFinding = ({ level }: LintFinding): boolean => level !== 'note'

function findingOf({ steps, ...rest }: Remark, positionOf: PositionOf | undefined): LintFinding {
  return { ...rest, path: placeOf(steps), ...positionOf?.(steps) }
}

const inPlace = (left: LintFinding, right: LintFinding): number =>
  (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0)

function repeatedIn(document: PolicyDocument, others: LintOptions['others'] & object): readonly Remark[] {
  return document.rules.flatMap((rule, at) => {
    const twin = others.find((other) => other.document.rules.some((one) => isSameRule(one, rule)))
    if (twin === undefined) return []
    const message = `${twin.name} has the same rule`
    return [
      {
        level: 'note' as const,
        code: 'repeated-elsewhere' as const,
        rule: rule.id,
        steps: ['rules', at],
        message,
      },
    ]
  })
}

type OneRule = PolicyDocument['rules'][number]

const isSameRule = (left: OneRule, right: OneRule): boolean =>
  left.effect === right.effect &&
  textOf(left.when) === textOf(right.when) &&
  textOf(left.unless ?? { any: [] }) === textOf(right.unless ?? { any: [] })
