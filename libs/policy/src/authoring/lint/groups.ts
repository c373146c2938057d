import type { GroupSettings, PolicyDocument, Rule } from '@writ/contracts'
import type { Remark } from './finding.ts'

/** An access group as lint has to know it. */
export type LintGroup = Pick<GroupSettings, 'default' | 'approvers'> & {
  readonly name: string
  /** the document that is looked at is, or would be, attached to it */
  readonly isAttached: boolean
  /** how many enforcing policies are attached to it, this document counted */
  readonly policies: number
}

/** What the document means in the groups that it is attached to, and which groups have nothing at all. */
export function remarksOnGroups(document: PolicyDocument, groups: readonly LintGroup[]): readonly Remark[] {
  const attached = groups.filter(({ isAttached }) => isAttached)
  return [
    ...document.rules.flatMap((rule, at) => unanswerable(rule, at, attached)),
    ...document.rules.flatMap((rule, at) => idleAllow(rule, at, attached)),
    ...groups.flatMap(withoutBaseline),
  ]
}

function unanswerable(rule: Rule, at: number, attached: readonly LintGroup[]): readonly Remark[] {
  const nobody = attached.filter(({ approvers }) => approvers === 'nobody')
  if (rule.effect !== 'ask' || nobody.length === 0) return []
  const message = `in ${namesOf(nobody)} nobody can answer, so this rule denies`
  return [
    { level: 'warning', code: 'unanswerable-ask', rule: rule.id, steps: ['rules', at, 'effect'], message },
  ]
}

function idleAllow(rule: Rule, at: number, attached: readonly LintGroup[]): readonly Remark[] {
  const isNeeded = attached.length === 0 || attached.some((group) => group.default === 'deny')
  if (rule.effect !== 'allow' || isNeeded) return []
  const message = `${namesOf(attached)} allows by default, so an allow rule does nothing there`
  return [{ level: 'warning', code: 'idle-allow', rule: rule.id, steps: ['rules', at, 'effect'], message }]
}

function withoutBaseline(group: LintGroup): readonly Remark[] {
  if (group.policies > 0 || group.default === 'deny') return []
  const message = `the access group ${group.name} has no enforcing policy and allows by default: nothing is ever denied there`
  return [{ level: 'warning', code: 'no-baseline', rule: null, steps: [], message }]
}

const namesOf = (groups: readonly LintGroup[]): string => groups.map(({ name }) => name).join(', ')
