import { readFileSync } from 'node:fs'
import type { ProxySettings, RegistryKind } from '@writ/sandbox'
import { Failure } from '../failure.ts'

const ECOSYSTEMS = {
  npm: 'npm',
  pypi: 'pypi',
  cargo: 'crates',
  rubygems: 'rubygems',
} as const satisfies Record<RegistryKind, string>

/**
 * What is known against packages, for a proxy that reads a registry. @param file package intelligence, `writ.packages.v1`
 * @throws Failure when it cannot be read
 */
export async function openPackageFaults(file: string | undefined): Promise<ProxySettings['packageFault']> {
  if (file === undefined) return () => null
  const [{ createPackageKnowledge }, { HOOKS_BY_DEFAULT, PackageIntelligence }] = await Promise.all([
    import('@writ/actions'),
    import('@writ/contracts'),
  ])
  const intelligence = PackageIntelligence.safeParse(jsonIn(file))
  if (!intelligence.success)
    throw new Failure(`${file} is no package intelligence`, 'See docs/packages.md for how it is made.')
  const knowledge = createPackageKnowledge({
    intelligence: intelligence.data,
    rules: HOOKS_BY_DEFAULT.packages,
  })
  return (kind, name, version) => {
    const { isMalicious } = knowledge.standingOf({ ecosystem: ECOSYSTEMS[kind], name, version })
    return isMalicious ? `the package ${name} is known to be malicious` : null
  }
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new Failure(`${file} cannot be read as JSON`, 'Name a file of package intelligence.')
  }
}
