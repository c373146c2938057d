import type { Program } from '../call.ts'
import type { Value } from '../text.ts'
import { AGENTS } from './agents.ts'
import { COPIES } from './copies.ts'
import { DELETIONS } from './deletions.ts'
import { EDITORS } from './editors.ts'
import { FILTERS } from './filters.ts'
import { GIT } from './git.ts'
import { INTERPRETER_PROGRAMS } from './interpreters.ts'
import { NETWORK } from './network.ts'
import { PACKAGES } from './packages.ts'
import { PATCHES } from './patches.ts'
import { SEARCHES } from './search.ts'
import { SHELLS } from './shells.ts'
import { heldFacts, HELD_NAMES, lineFacts, LINE_NAMES, SYSTEM } from './system.ts'

const TABLES: readonly Readonly<Record<string, Program>>[] = [
  SHELLS,
  DELETIONS,
  COPIES,
  SEARCHES,
  GIT,
  PATCHES,
  NETWORK,
  PACKAGES,
  INTERPRETER_PROGRAMS,
  AGENTS,
  SYSTEM,
  EDITORS,
  FILTERS,
  Object.fromEntries(LINE_NAMES.map((name) => [name, lineFacts])),
  Object.fromEntries(HELD_NAMES.map((name) => [name, heldFacts])),
]

/** All that is known of a program, each part saying its facts; what it prints is what the first of them knows. */
export const PROGRAMS: ReadonlyMap<string, Program> = new Map(
  [...new Set(TABLES.flatMap((table) => Object.keys(table)))].map((name) => [name, together(name)]),
)

function together(name: string): Program {
  const parts = TABLES.flatMap((table) => (Object.hasOwn(table, name) ? (table[name] ?? []) : []))
  return (call) => {
    const printed = parts.map((part) => part(call))
    return printed.find((value): value is Value => value !== undefined)
  }
}
