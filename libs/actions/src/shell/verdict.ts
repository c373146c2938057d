import type { ActionClass } from '@writ/contracts'
import { strictestOf } from '../classes.ts'
import { classOfProgram } from '../programs.ts'
import { CLASS_OF_KIND, type FactKind, type ShellFact, type ShellFacts, type ShellUse } from './facts.ts'

export type ShellVerdict = {
  readonly outcome: 'allow' | 'ask' | 'deny'
  readonly reasons: readonly string[]
}

/** The verdict of a default policy: what is sure is denied unless it is ordinary work for a person to nod at; what is possible is asked. */
export function verdictOf({ facts }: ShellFacts): ShellVerdict {
  const outcomes = facts.map((fact) => outcomeOf(fact))
  const outcome = outcomes.includes('deny') ? 'deny' : facts.length > 0 ? 'ask' : 'allow'
  const reasons = facts.filter((_, at) => outcomes[at] === outcome).map((fact) => reasonOf(fact))
  return { outcome, reasons: [...new Set(reasons)] }
}

/** The action class of a command by its facts, and by what it uses when there are none. */
export function classOfShell({ facts, uses }: ShellFacts): ActionClass {
  const found = [...facts.map(({ kind }) => CLASS_OF_KIND[kind]), ...uses.map((use) => classOfUse(use))]
  return strictestOf(found) ?? 'read.private'
}

export const classOfUse = ({ kind, operand }: ShellUse): ActionClass =>
  kind === 'run' ? (classOfProgram(operand) ?? 'exec') : CLASS_OF_USE[kind]

const outcomeOf = ({ kind, certainty }: ShellFact): 'ask' | 'deny' =>
  certainty === 'sure' && !ASKED.has(kind) ? 'deny' : 'ask'

/** Of these even what is sure is a question. */
const ASKED: ReadonlySet<FactKind> = new Set(['unresolvable', 'env_leak', 'opaque_exec'])

const reasonOf = ({ kind, why, via }: ShellFact): string =>
  `${kind}: ${why}${via.length > 1 ? ` (${via.join(' > ')})` : ''}`

const CLASS_OF_USE: Readonly<Record<Exclude<ShellUse['kind'], 'run'>, ActionClass>> = {
  read: 'read.private',
  write: 'write.local',
  delete: 'destructive',
  connect: 'read.untrusted',
  send: 'sink.external',
  install: 'exec',
}
