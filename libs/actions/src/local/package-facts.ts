import { PackageEcosystem } from '@writ/contracts'
import type { PackageStanding } from '../packages/knowledge.ts'
import { normalName, readSpec } from '../packages/names.ts'
import { factOf, NOTHING_FOUND, type Found } from './found.ts'
import type { Context } from './place.ts'

/** What installing this would mean: `npm/left-pad@1.3.0`, the word that stands in the command behind the ecosystem. */
export function packageFound(use: string, context: Context): Found {
  const { ecosystem, spec } = readUse(use)
  if (spec.kind === 'path') return NOTHING_FOUND
  if (spec.kind !== 'registry') return { facts: [factOf('package_source', spec.from, 'sure')], uses: [] }
  const name = `${ecosystem}/${spec.wanted.name}`
  const standing = context.world.packages.standingOf(spec.wanted)
  const alias = aliasTwin(spec.alias, spec.wanted.name, context)
  return {
    facts: [...standingFacts(name, standing), ...alias],
    uses: [{ kind: 'install', operand: name }],
  }
}

/** The word of an install to which the tenant's list says yes; null where it does not. */
export function allowedWord(use: string, { world }: Context): string | null {
  const { spec, word } = readUse(use)
  if (spec.kind !== 'registry' || spec.alias !== null) return null
  return world.packages.standingOf(spec.wanted).ruled === 'allow' ? word : null
}

function readUse(use: string) {
  const at = use.indexOf('/')
  const ecosystem = PackageEcosystem.safeParse(use.slice(0, at)).data ?? 'other'
  const word = use.slice(at + 1)
  return { ecosystem, word, spec: readSpec(ecosystem, word) }
}

const standingFacts = (name: string, standing: PackageStanding): Found['facts'] => [
  ...(standing.isMalicious ? [factOf('package_malicious', name, 'sure')] : []),
  ...(standing.ruled === 'deny' ? [factOf('package_denied', name, 'sure')] : []),
  ...(standing.twin === null ? [] : [factOf('package_typosquat', name, 'possible')]),
  ...(standing.isYoung ? [factOf('package_young', name, 'sure')] : []),
]

/** A well-known name under which another package is to be had. */
function aliasTwin(alias: string | null, real: string, { world }: Context): Found['facts'] {
  if (alias === null || normalName('npm', alias) === real) return []
  const { isKnown } = world.packages.standingOf({
    ecosystem: 'npm',
    name: normalName('npm', alias),
    version: null,
  })
  return isKnown ? [factOf('package_source', `${alias} is ${real}`, 'sure')] : []
}
