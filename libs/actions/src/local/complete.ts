import type { ShellUse } from '../shell/facts.ts'
import { factsOfPlaces, type Touched } from '../shell/engine.ts'
import { factOf, localFact, together, type Found, type FoundFact, type Read } from './found.ts'
import { hostFound } from './host-facts.ts'
import { UNREADABLE_KINDS } from './kinds.ts'
import { allowedWord, packageFound } from './package-facts.ts'
import type { Context } from './place.ts'
import { spellingsOf } from './spellings.ts'

/** What only the machine and the lists of packages can say is added to what was read: real paths, addresses, packages. */
export function completed(read: Read, context: Context): Read {
  const others = read.uses.filter(({ kind }) => !isPathUse(kind) && kind !== 'connect' && kind !== 'install')
  const installs = operandsOf(read.uses, 'install')
  const allowed = new Set(installs.flatMap((use) => allowedWord(use, context) ?? []))
  const found = together(
    { facts: read.facts.filter((fact) => !isAnswered(fact, allowed)), uses: others },
    placesFound(read.uses, context),
    ...operandsOf(read.uses, 'connect').map((host) => hostFound(host)),
    ...installs.slice(0, MAX_INSTALLS).map((use) => packageFound(use, context)),
    {
      facts: installs.length > MAX_INSTALLS ? [factOf('unresolvable', 'packages', 'possible')] : [],
      uses: [],
    },
  )
  return { ...read, facts: [...distinctFacts(found), ...refusedFacts(found, context)], uses: found.uses }
}

/** Where the tenant refuses what cannot be read, that is a fact of its own. */
function refusedFacts({ facts }: Found, { world }: Context): Found['facts'] {
  const unread = facts.find(({ kind }) => UNREADABLE_KINDS.has(kind))
  return world.unknown === 'deny' && unread !== undefined
    ? [factOf('unknown_refused', unread.operand, 'sure')]
    : []
}

/** That something is installed is no question where the tenant has said yes to it. */
const isAnswered = ({ kind, operand, certainty }: FoundFact, allowed: ReadonlySet<string>): boolean =>
  certainty === 'possible' && /^(?:package_install|download_run)$/.test(kind) && allowed.has(operand)

const isPathUse = (kind: ShellUse['kind']): kind is 'read' | 'write' | 'delete' =>
  kind === 'read' || kind === 'write' || kind === 'delete'

const operandsOf = (uses: readonly ShellUse[], kind: ShellUse['kind']): readonly string[] => [
  ...new Set(uses.filter((use) => use.kind === kind).map(({ operand }) => operand)),
]

/** Every spelling of every path is judged, and what any of them is counts. */
function placesFound(uses: readonly ShellUse[], context: Context): Found {
  const touched = uses.flatMap((use): readonly Touched[] => {
    const { kind, operand } = use
    if (!isPathUse(kind)) return []
    return spellingsOf(operand, context)
      .filter((path) => path !== operand)
      .map((path) => ({ kind, path, by: 'this' }))
  })
  const { facts, uses: real } = factsOfPlaces(touched.slice(0, MAX_PLACES), context.shell)
  const left = touched.length > MAX_PLACES ? [factOf('unresolvable', 'paths', 'possible')] : []
  return {
    facts: [...facts.map(localFact), ...left],
    uses: [...uses.filter(({ kind, operand }) => isPathUse(kind) && !operand.includes('/../')), ...real],
  }
}
const MAX_PLACES = 400
const MAX_INSTALLS = 400

const distinctFacts = ({ facts }: Found): Found['facts'] => [
  ...new Map(facts.map((fact) => [`${fact.kind} ${fact.certainty} ${fact.operand}`, fact])).values(),
]
