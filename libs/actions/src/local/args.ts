import type { LocalAction } from '@writ/contracts'
import type { ShellUse } from '../shell/facts.ts'
import type { FoundFact, Read } from './found.ts'
import { UNREADABLE_KINDS } from './kinds.ts'
import { asWritten, type Context } from './place.ts'
import type { LocalArgs } from './understood.ts'

/** What policies see of an action. */
export function argsOf(action: LocalAction, { facts, uses }: Read, { place, world }: Context): LocalArgs {
  const { kind, ...input } = action
  const told = world.unknown === 'allow' ? facts.filter((fact) => !isQuestion(fact)) : facts
  const write = operandsOf(uses, 'write')
  const gone = operandsOf(uses, 'delete')
  return {
    kind,
    facts: distinct(told.map((fact) => fact.kind)),
    sure: distinct(told.filter(({ certainty }) => certainty === 'sure').map((fact) => fact.kind)),
    paths: {
      read: operandsOf(uses, 'read').map(asWritten),
      write: write.map(asWritten),
      delete: gone.map(asWritten),
    },
    outside: [...write, ...gone].some((path) => isOutside(path, place.workspaces)),
    hosts: operandsOf(uses, 'connect'),
    packages: operandsOf(uses, 'install'),
    programs: operandsOf(uses, 'run'),
    input,
  }
}

const isQuestion = ({ kind, certainty }: FoundFact): boolean =>
  certainty === 'possible' && UNREADABLE_KINDS.has(kind)

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)]

const operandsOf = (uses: readonly ShellUse[], kind: ShellUse['kind']): readonly string[] =>
  distinct(uses.filter((use) => use.kind === kind).map(({ operand }) => operand))

const isOutside = (path: string, workspaces: readonly string[]): boolean =>
  !TEMPORARY.test(path) && !workspaces.some((one) => path === one || path.startsWith(`${one}/`))
const TEMPORARY =
  /^(?:\/private)?\/(?:tmp|var\/tmp|var\/folders|dev\/shm)\/|^\/dev\/(?:null|stdout|stderr|tty)$/
