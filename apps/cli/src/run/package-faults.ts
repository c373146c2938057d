import { readFileSync } from 'node:fs'
import type { PackageKnowledge } from '@writ/actions'
import { createPackageKnowledge } from '@writ/actions'
import { HOOKS_BY_DEFAULT, PackageIntelligence } from '@writ/contracts'
import type { ProxySettings, RegistryKind } from '@writ/sandbox'
import { Failure } from '../failure.ts'

const ECOSYSTEMS = {
  npm: 'npm',
  pypi: 'pypi',
  cargo: 'crates',
  rubygems: 'rubygems',
} as const satisfies Record<RegistryKind, string>

/** What is known against packages, for a proxy that reads a registry. */
export const packageFaults =
  (knowledge: () => PackageKnowledge): ProxySettings['packageFault'] =>
  async (kind, name, version) => {
    const { isMalicious } = knowledge().standingOf({ ecosystem: ECOSYSTEMS[kind], name, version })
    return isMalicious ? `the package ${name} is known to be malicious` : null
  }

/** @param file package intelligence, `writ.packages.v1` @throws Failure when it cannot be read */
export function readPackageKnowledge(file: string): PackageKnowledge {
  const intelligence = PackageIntelligence.safeParse(jsonIn(file))
  if (!intelligence.success)
    throw new Failure(`${file} is no package intelligence`, 'See docs/packages.md for how it is made.')
  return createPackageKnowledge({ intelligence: intelligence.data, rules: HOOKS_BY_DEFAULT.packages })
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new Failure(`${file} cannot be read as JSON`, 'Name a file of package intelligence.')
  }
}
