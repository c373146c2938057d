import type { BundleHooks, PackageIntelligence } from '@writ/contracts'
import { openHashes, packageHash, type HashSet } from './hashes.ts'
import { type PackageKnowledge, type PackageName, type PackageStanding } from './knowledge.ts'
import { normalName } from './names.ts'
import { createTwins, type Twins } from './twins.ts'

export type KnowledgeOptions = {
  /** null: nothing is known of any package; lists and ages count nevertheless */
  readonly intelligence: PackageIntelligence | null
  readonly rules: Pick<BundleHooks['packages'], 'allow' | 'deny' | 'coolDownHours'>
  /** how long a version has been public, where this machine has seen it; null where it has not */
  readonly ageHours?: (wanted: PackageName) => number | null
}

const NOTHING_KNOWN: Known = { malicious: openHashes(''), twins: createTwins([]) }

type Known = { readonly malicious: HashSet; readonly twins: Twins }

/** Lays the intelligence out once; each question is answered in microseconds. @throws RangeError of a document whose hashes are not sorted */
export function createPackageKnowledge({
  intelligence,
  rules,
  ageHours,
}: KnowledgeOptions): PackageKnowledge {
  const ecosystems = new Map(
    Object.entries(intelligence?.ecosystems ?? {}).map(
      ([ecosystem, { malicious, popular }]): [string, Known] => [
        ecosystem,
        { malicious: openHashes(malicious), twins: createTwins(popular) },
      ],
    ),
  )
  const ruled = listed(rules)
  return {
    standingOf: (wanted) => standing({ ...wanted, name: normalName(wanted.ecosystem, wanted.name) }),
  }

  function standing(wanted: PackageName): PackageStanding {
    const { malicious, twins } = ecosystems.get(wanted.ecosystem) ?? NOTHING_KNOWN
    const said = ruled(`${wanted.ecosystem}/${wanted.name}`)
    const age = ageHours?.(wanted) ?? null
    const isAllowed = said === 'allow'
    return {
      isMalicious: isMalicious(malicious, wanted),
      twin: isAllowed ? null : twins.twinOf(wanted.name),
      isKnown: isAllowed || twins.isPopular(wanted.name),
      ruled: said,
      ageHours: age,
      isYoung: !isAllowed && age !== null && age < rules.coolDownHours,
    }
  }
}

function isMalicious(malicious: HashSet, { ecosystem, name, version }: PackageName): boolean {
  if (malicious.size === 0) return false
  if (malicious.has(packageHash(ecosystem, name, null))) return true
  return version !== null && malicious.has(packageHash(ecosystem, name, version))
}

/** What is denied is denied, also where it is allowed. */
function listed({ allow, deny }: KnowledgeOptions['rules']): (name: string) => 'allow' | 'deny' | null {
  const isAllowed = oneOf(allow)
  const isDenied = oneOf(deny)
  return (name) => (isDenied(name) ? 'deny' : isAllowed(name) ? 'allow' : null)
}

function oneOf(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')))
  const globs = patterns.filter((pattern) => pattern.includes('*')).map((pattern) => pattern.split('*'))
  return (name) => exact.has(name) || globs.some((parts) => matches(parts, name))
}

/** A name against the parts between stars: first in front, last at the end, the others in order. */
function matches(parts: readonly string[], name: string): boolean {
  const [first = '', ...rest] = parts
  const last = rest.pop() ?? ''
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length)
    return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found === -1 || found + part.length > name.length - last.length) return false
    at = found + part.length
  }
  return true
}
