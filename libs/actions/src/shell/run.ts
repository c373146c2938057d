import { parse } from 'unbash'
import { runDefined } from './functions.ts'
import { fetchedFacts, isPath, operandFacts } from './operands.ts'
import { isRemoteFile, madeFile, TREE } from './files.ts'
import { resolvePath } from './paths.ts'
import { PROGRAMS } from './programs/registry.ts'
import { isOpenPlace, runShellText } from './programs/shells.ts'
import { lineFacts } from './programs/system.ts'
import { WRAPPERS } from './data/wrappers.ts'
import { printedFrom, type Call } from './call.ts'
import { copyOf, deeper, possible, spend, sure, use, type State } from './state.ts'
import {
  asScript,
  globExpression,
  hasGlob,
  isFrom,
  isKnown,
  joined,
  LINES,
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
  const [program] = words
  if (program === undefined || !spend(state)) return NOTHING
  const odd = runOdd(state, program, { words, stdin })
  if (odd !== null) return odd
  if (isFrom(program, LINES)) runLater(state, words)
  const isProgram = PROGRAMS.has(nameOf(program.text)) || WRAPPERS.has(nameOf(program.text))
  const asProgram = isProgram ? (inner: State) => runNamed(inner, words, stdin) : null
  return runDefined(state, words, { stdin, runProgram: asProgram }) ?? runNamed(state, words, stdin)
}

type Started = { readonly words: readonly Value[]; readonly stdin: Value | null }

/** A first word that is no plain name of a program; null where it is one. */
function runOdd(state: State, program: Value, { words, stdin }: Started): Value | null {
  // To zsh this is the path of a program.
  if (/^=[\w.-]/.test(program.text))
    return runWords(state, [{ ...program, text: program.text.slice(1) }, ...words.slice(1)], stdin)
  if (!isKnown(program.text)) return runUnknown(state, words, stdin)
  // No program is called so: whoever starts it has a shell read it.
  if (/\s/.test(program.text.trim())) return runText(state, joined(words, ' '), stdin)
  return hasGlob(program.text) ? runGlob(state, words, stdin) : null
}

function runNamed(state: State, words: readonly Value[], stdin: Value | null): Value {
  const [program = NOTHING, ...args] = words
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
  // What runs this is a shell.
  if (/^\/proc\/(?:self|thread-self|\d+|\ue000)\/exe$/.test(path)) return 'bash'
  const last = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  return last
    .replace(/\.(?:exe|cmd|bat)$/, '')
    .replace(/^zf_/, '')
    .replace(/^writ\.mjs$/, 'writ')
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

/** Words of which those in front may be missing: the program may be any of them. */
function runLater(state: State, words: readonly Value[]): void {
  possible(state, 'opaque_exec', words[0]?.text ?? '', 'the program to run is one of several words')
  for (let from = 1; from < Math.min(words.length, MAX_MATCHES); from += 1) {
    const [program = NOTHING, ...rest] = words.slice(from)
    const again = [{ ...program, from: program.from & ~LINES }, ...rest]
    state.shared.run.words({ ...copyOf(state) }, again, null)
  }
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
