import { createHash } from 'node:crypto'
import type { BundlePolicy, Rule } from '@writ/contracts'

/** One rule of one policy, with the access groups that it is attached to by way of any copy of the policy. */
export type Source = {
  readonly policy: BundlePolicy
  readonly rule: Rule
  readonly groups: Set<string>
  readonly key: string
}

/** Every rule once, in an order that depends on nothing but what the rules say. */
export function sourcesOf(policies: readonly BundlePolicy[]): readonly Source[] {
  const sources = new Map<string, Source>()
  for (const policy of policies) {
    const patterns = digestOf(policy)
    for (const rule of policy.document.rules) {
      const key = keyOf(policy, rule, patterns)
      const source = sources.get(key) ?? { policy, rule, groups: new Set<string>(), key }
      for (const group of policy.groups) source.groups.add(group)
      sources.set(key, source)
    }
  }
  return [...sources.values()].sort((left, right) => (left.key < right.key ? -1 : 1))
}

/** Sorts by policy and rule; the rest only tells different rules of one name apart. */
function keyOf(policy: BundlePolicy, rule: Rule, patterns: string): string {
  const { id, version, name, document } = policy
  return JSON.stringify([id, rule.id, version, name, document.mode, textOf(rule), patterns])
}

/** A rule that nests too deep to be written down cannot be compiled either, so its text tells nothing apart. */
function textOf(rule: Rule): string {
  try {
    return JSON.stringify(rule)
  } catch {
    return 'unwritable'
  }
}

function digestOf({ document: { patterns } }: BundlePolicy): string {
  if (patterns === undefined) return ''
  const sorted = Object.entries(patterns).sort(([left], [right]) => (left < right ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url')
}
