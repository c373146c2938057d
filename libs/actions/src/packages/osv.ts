import { OsvAdvisory, type PackageEcosystem } from '@writ/contracts'
import type { Report } from './make-intelligence.ts'

/** The ecosystems that advisories in OSV form name, by our names. */
export const OSV_ECOSYSTEMS: Readonly<Record<string, PackageEcosystem>> = {
  npm: 'npm',
  PyPI: 'pypi',
  'crates.io': 'crates',
  Go: 'go',
  RubyGems: 'rubygems',
  Packagist: 'packagist',
  NuGet: 'nuget',
  Maven: 'maven',
  VSCode: 'editor',
  'VSCode:https://open-vsx.org': 'editor',
}

/**
 * What one advisory in OSV form calls malicious: only those whose id begins with `MAL-`, and that were not withdrawn. Where a range begins
 * with the first version and never ends, or no version is named, every version is meant.
 * @throws ZodError of what is no advisory
 */
export function reportsOfAdvisory(advisory: unknown): readonly Report[] {
  const { id, withdrawn, affected } = OsvAdvisory.parse(advisory)
  if (!id.startsWith('MAL-') || withdrawn !== undefined) return []
  return affected.flatMap(({ package: named, versions, ranges }) => {
    const ecosystem = OSV_ECOSYSTEMS[named.ecosystem]
    if (ecosystem === undefined) return []
    const isWhole = versions.length === 0 || ranges.some(({ events }) => isEndless(events))
    return [{ ecosystem, name: named.name, versions: isWhole ? null : versions }]
  })
}

const isEndless = (events: readonly Readonly<Record<string, unknown>>[]): boolean =>
  events.some(({ introduced }) => introduced === '0') &&
  !events.some((event) => 'fixed' in event || 'last_affected' in event || 'limit' in event)
