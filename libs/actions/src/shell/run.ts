import { parse } from 'unbash'
import { fetchedFacts, isPath, operandFacts } from './operands.ts'
import { isRemoteFile, madeFile, TREE } from './files.ts'
import { resolvePath } from './paths.ts'
import { PROGRAMS } from './programs/registry.ts'
import { isOpenPlace, runShellText } from './programs/shells.ts'
import { lineFacts } from './programs/system.ts'
import { WRAPPERS } from './data/wrappers.ts'
import { printedFrom, type Call } from './call.ts'
import { deeper, possible, spend, sure, use, type State } from './state.ts'
import {
  asScript,
  globExpression,
  hasGlob,
  isFrom,
  isKnown,
  joined,
  LOCAL,
  NOTHING,
  REMOTE,
  unknownFrom,
  UNKNOWN,
  withoutUnknown,
  type Value,
} from './text.ts'
import { peeled } from './wrappers.ts'
import { isNestedTooDeeply } from './normalise.ts'

/** What a shell prints when it reads this text. */
export function runText(state: State, text: Value, stdin: Value | null): Value {
  if (!spend(state, 4 + text.text.length / 64)) return unknownFrom(LOCAL)
  const script = asScript(text.text)
  if (script.trim() === UNKNOWN || isNestedTooDeeply(script) || script.length > MAX_SCRIPT) {
    possible(state, 'unresolvable', 'script', 'what a shell would run is not known')
    return unknownFrom(LOCAL | text.from)
  }
  const kept = state.isNested
  state.isNested = true
  const printed = state.shared.run.script(state, parse(script), stdin)
  state.isNested = kept
  return printed
}
const MAX_SCRIPT = 16_384

/** What a command prints, by its words; the program may be hidden by a glob, a path or a variable that is not known. */
export function runWords(state: State, words: readonly Value[], stdin: Value | null): Value {
  const [program, ...args] = words
  if (program === undefined || !spend(state)) return NOTHING
  if (!isKnown(program.text)) return runUnknown(state, words, stdin)
  if (hasGlob(program.text)) return runGlob(state, words, stdin)
  const own = runDefined(state, words, stdin)
  if (own !== null) return own
  const path = state.aliases.get(`hash ${program.text}`) ?? program.text
  const name = nameOf(path)
  const call: Call = { state, name, args, stdin }
  use(state, 'run', name)
  runPath(state, path, args)
  if (WRAPPERS.has(name)) lineFacts(call)
  return peeled(call) ?? runProgram(call)
}

function runProgram(call: Call): Value {
  operandFacts(call)
  fetchedFacts(call)
  subscripts(call)
  const plain = unversioned(call.name)
  const printed = PROGRAMS.get(call.name)?.(call) ?? PROGRAMS.get(plain)?.({ ...call, name: plain })
  return printed ?? printedFrom(call.stdin)
}

const nameOf = (path: string): string => {
  const last = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  return last.replace(/\.(?:exe|cmd|bat)$/, '')
}

/** These read a name as arithmetic, and so run a substitution in its subscript, quoted or not. */
function subscripts({ state, name, args }: Call): void {
  if (!/^(?:test|\[|let|unset|read|declare|typeset|local|export|wait|getopts)$/.test(name)) return
  for (const { text } of args)
    if (/\[.*(?:\$\(|`)/.test(text)) runText(state, { text: `: "${text}"`, from: 0 }, null)
}

/** `python3.11` is `python`. */
const unversioned = (name: string): string =>
  /^(?:mkfs|newfs|fsck)[._]/.test(name) ? 'mkfs' : name.replace(/-?[\d.]+$/, '')

/** A program that nothing says: as if the unknown part were empty, and a question. */
function runUnknown(state: State, words: readonly Value[], stdin: Value | null): Value {
  const program = words[0] ?? NOTHING
  const rest = { ...program, text: withoutUnknown(program.text) }
  possible(state, 'opaque_exec', program.text, 'the program to run is not known')
  if (isFrom(program, REMOTE))
    sure(state, 'download_run', program.text, 'runs words that came from elsewhere')
  return state.shared.run.words(state, rest.text === '' ? words.slice(1) : [rest, ...words.slice(1)], stdin)
}

/** `/bin/r?` runs whatever it matches: each known program that it could be is read. */
function runGlob(state: State, words: readonly Value[], stdin: Value | null): Value {
  const program = words[0] ?? NOTHING
  const expression = globExpression(nameOf(program.text))
  const matching = [...PROGRAMS.keys(), ...MORE_NAMES]
    .filter((name) => expression.test(name))
    .slice(0, MAX_MATCHES)
  possible(state, 'opaque_exec', program.text, 'the program to run is a pattern')
  return joined(
    matching.map((name) =>
      state.shared.run.words(state, [{ ...program, text: name }, ...words.slice(1)], stdin),
    ),
  )
}
const MORE_NAMES = [
  'sudo',
  'env',
  'xargs',
  'busybox',
  'nohup',
  'timeout',
  'doas',
  'strings',
  'nl',
  'tac',
  'xxd',
  'od',
  'less',
  'more',
]
const MAX_MATCHES = 8

/** Functions and aliases of the command itself. */
function runDefined(state: State, words: readonly Value[], stdin: Value | null): Value | null {
  const name = words[0]?.text ?? ''
  const body = state.functions.get(name)
  const alias = state.aliases.get(name)
  if (body === undefined && alias === undefined) return null
  const inner = deeper(state, name)
  if (inner === null) return unknownFrom(LOCAL)
  if (body === undefined) {
    inner.aliases.delete(name)
    return runText(inner, joined([{ text: alias ?? '', from: 0 }, ...words.slice(1)], ' '), stdin)
  }
  state.shared.uncalled.delete(name)
  inner.positional = words
  inner.isNested = true
  inner.functions.delete(name)
  const printed = state.shared.run.node(inner, body, stdin)
  state.vars = inner.vars
  return printed
}

/** A program named by a path: made, fetched or found in a place that anybody can write to. */
function runPath(state: State, path: string, args: readonly Value[]): void {
  if (!isPath(path)) return
  const absolute = resolvePath(state, path)
  const made = madeFile(state, path)
  if (isRemoteFile(state, path))
    sure(state, 'download_run', absolute, 'runs a file that was fetched from elsewhere')
  else if (made !== undefined && made.text !== TREE && made.origin === undefined)
    runMade(state, { path, made, args })
  else if (made === undefined) {
    state.shared.scripts.add(absolute)
    placeOfScript(state, absolute)
  }
}

function runMade(
  state: State,
  { path, made, args }: { path: string; made: Value; args: readonly Value[] },
): void {
  const inner = deeper(state, path)
  if (inner === null) return
  inner.positional = [{ text: path, from: 0 }, ...args]
  runShellText({ state: inner, name: path, args, stdin: null }, made)
}

/** Asked about where a script is run from a place that is not the workspace and that others write to. */
function placeOfScript(state: State, path: string): void {
  if (isOpenPlace(path)) {
    possible(state, 'opaque_exec', path, 'runs a script of a place that others write to')
  }
}
