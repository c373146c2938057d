import { PackageEcosystem, type PackageIntelligence } from '@writ/contracts'
import { packageHash, packHashes } from './hashes.ts'
import { normalName } from './names.ts'

/** One package that a public report calls malicious. `versions`: null for all of them. */
export type Report = {
  readonly ecosystem: PackageEcosystem
  readonly name: string
  readonly versions: readonly string[] | null
}

export type IntelligenceParts = {
  readonly title: string
  readonly madeAt: string
  readonly sources: readonly string[]
  readonly reports: readonly Report[]
  readonly popular: Partial<Readonly<Record<PackageEcosystem, readonly string[]>>>
}

/** The document from its parts: hashes sorted, names in their normal form. The same parts make the same document, whatever their order. */
export function makeIntelligence({
  title,
  madeAt,
  sources,
  reports,
  popular,
}: IntelligenceParts): PackageIntelligence {
  const ecosystems: PackageIntelligence['ecosystems'] = {}
  for (const ecosystem of PackageEcosystem.options) {
    const hashes = reports
      .filter((report) => report.ecosystem === ecosystem)
      .flatMap((report) => hashesOf(report))
    const names = [...new Set((popular[ecosystem] ?? []).map((name) => normalName(ecosystem, name)))]
    if (hashes.length + names.length > 0)
      ecosystems[ecosystem] = { malicious: packHashes(hashes), popular: names }
  }
  return { format: 'writ.packages.v1', title, madeAt, sources: [...sources], ecosystems }
}

const hashesOf = ({ ecosystem, name, versions }: Report): readonly bigint[] =>
  (versions ?? [null]).map((version) => packageHash(ecosystem, name, version))
