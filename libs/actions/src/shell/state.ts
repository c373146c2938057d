import type { CompoundList, ParsedScript, Statement, SyntaxNode } from 'unbash'
import type { Certainty, FactKind, ShellContext, ShellFact, ShellUse } from './facts.ts'
import { literal, shown, shownWhole, UNKNOWN, type Value } from './text.ts'

/** What is known of a file that the command itself made. */
export type FileFacts = Value & {
  /** the path that this is a copy, link or new place of */
  readonly origin?: string
  readonly isLink?: boolean
}

export type Body = SyntaxNode | CompoundList | Statement

/** What all parts of one reading share. */
export type Shared = {
  readonly context: Required<Pick<ShellContext, 'cwd' | 'home' | 'platform'>> & {
    /** the one that the working directory is in */
    readonly workspace: string
    readonly workspaces: readonly string[]
    readonly trustedHosts: ReadonlySet<string>
    readonly installedPackages: ReadonlySet<string>
  }
  readonly facts: Map<string, ShellFact>
  readonly uses: Map<string, ShellUse>
  /** files that are run and were there before */
  readonly scripts: Set<string>
  /** paths as they were written, where they lead elsewhere on a machine with links */
  readonly spelled: Map<string, string>
  /** absolute paths, by the directory and the word that they were made of */
  readonly absolutes: Map<string, string>
  readonly files: Map<string, FileFacts>
  readonly remotes: Map<string, string>
  readonly uncalled: Map<string, Body>
  readonly run: Runner
  workLeft: number
}

/** How the parts read what they find inside of words: given as values, because reading words and reading commands need each other. */
export type Runner = {
  /** what a script prints, read in the state as it is */
  readonly script: (state: State, script: ParsedScript, stdin: Value | null) => Value
  /** what a text prints when a shell reads it */
  readonly text: (state: State, text: Value, stdin: Value | null) => Value
  /** what a command prints, its program in front */
  readonly words: (state: State, words: readonly Value[], stdin: Value | null) => Value
  /** what a part of a parsed script prints */
  readonly node: (state: State, body: Body, stdin: Value | null) => Value
}

/** The state of one shell: a subshell has a copy. */
export type State = {
  readonly shared: Shared
  /** each with the values it may have; of several the reading tries each */
  vars: Map<string, readonly Value[]>
  functions: Map<string, Body>
  aliases: Map<string, string>
  descriptors: Map<string, Value>
  positional: readonly Value[] | null
  /** functions of the command that are under way, each with its arguments */
  calls: readonly (readonly Value[])[]
  /** which of several values is read just now, and how many there were */
  choice: number
  choices: number
  depth: number
  via: readonly string[]
  span: readonly [number, number]
  /** inside a function or a script of its own, positions are not the command's */
  isNested: boolean
}

const MAX_DEPTH = 8
export const MAX_WORK = 4000
const MAX_VALUES = 3

export function emit(
  state: State,
  fact: { kind: FactKind; operand: string; certainty: Certainty; why: string },
): void {
  const key = `${fact.kind} ${fact.certainty} ${fact.operand} ${fact.why}`
  const { facts } = state.shared
  if (facts.size >= (fact.certainty === 'sure' ? 2 * MAX_FACTS : MAX_FACTS) || facts.has(key)) return
  facts.set(key, {
    ...fact,
    operand: shown(fact.operand),
    why: shown(fact.why),
    via: state.via,
    span: state.span,
  })
}
const MAX_FACTS = 200

/** Facts about one thing: each row is a fact where its first part is true. */
export type FactRow = readonly [isTrue: boolean, kind: FactKind, certainty: Certainty, why: string]

export function sayWhere(state: State, operand: string, rows: readonly FactRow[]): void {
  for (const [isTrue, kind, certainty, why] of rows)
    if (isTrue) emit(state, { kind, operand, certainty, why })
}

export const sure = (state: State, kind: FactKind, operand: string, why: string): void =>
  emit(state, { kind, operand, certainty: 'sure', why })
export const possible = (state: State, kind: FactKind, operand: string, why: string): void =>
  emit(state, { kind, operand, certainty: 'possible', why })

export function use(state: State, kind: ShellUse['kind'], operand: string): void {
  const { uses } = state.shared
  if (uses.size < MAX_FACTS) uses.set(`${kind} ${operand}`, { kind, operand: shownWhole(operand) })
  else possible(state, 'unresolvable', 'uses', 'uses more than can be followed')
}

/** Work is counted, not timed: false when none is left, which is a fact of its own. */
export function spend(state: State, units = 1): boolean {
  state.shared.workLeft -= units
  if (state.shared.workLeft > 0) return true
  possible(state, 'unresolvable', 'work', 'more work than a command may cost to read')
  return false
}

/** A shell of its own, as parentheses, pipes and substitutions make one; files are the same. */
export const copyOf = (state: State): State => ({
  ...state,
  vars: new Map(state.vars),
  functions: new Map(state.functions),
  aliases: new Map(state.aliases),
  descriptors: new Map(state.descriptors),
})

/** One level further in, or null when that is too deep, which is a fact. */
export function deeper(state: State, through: string): State | null {
  if (state.depth >= MAX_DEPTH) {
    possible(state, 'unresolvable', through, 'nested too deeply to read')
    return null
  }
  return { ...copyOf(state), depth: state.depth + 1, via: [...state.via, through].slice(-8) }
}

/** The value of a variable in the reading that is tried just now; undefined where nothing set it. */
export function valueOf(state: State, name: string): Value | undefined {
  const values = state.vars.get(name)
  if (values === undefined) return undefined
  state.choices = Math.max(state.choices, values.length)
  return values[Math.min(state.choice, values.length - 1)]
}

export function assign(state: State, name: string, value: Value): void {
  state.vars.set(name, [value])
  latent(state, value)
}

/** Whoever reads such a text as a number, as subscripts, tests and `$((…))` do, runs what stands in its subscript. */
export function latent(state: State, { text, from }: Value): void {
  if (/\w\[[^\]]{0,256}(?:\$\(|`)/.test(text))
    state.shared.run.text(state, { text: `: <<SUBSCRIPT\n${text}\nSUBSCRIPT\n`, from }, null)
}

/** After what may have happened or not, a variable has the values of both. */
export function mergeVars(state: State, before: ReadonlyMap<string, readonly Value[]>): void {
  for (const name of new Set([...before.keys(), ...state.vars.keys()])) {
    const now = state.vars.get(name) ?? [literal(UNKNOWN)]
    const then = before.get(name) ?? [literal(UNKNOWN)]
    if (now === then) continue
    const all = new Map([...now, ...then].map((value) => [value.text, value]))
    const kept = [...all.values()].slice(0, MAX_VALUES)
    state.vars.set(name, all.size > MAX_VALUES ? [...kept, literal(UNKNOWN)] : kept)
  }
}

export const cwdOf = (state: State): string => valueOf(state, 'PWD')?.text ?? UNKNOWN
