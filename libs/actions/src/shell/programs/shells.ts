import {
  has,
  printedFrom,
  readFlags,
  textsOf,
  valuesOf,
  type Call,
  type Flags,
  type Program,
} from '../call.ts'
import { isRemoteFile, madeFile, readPlace, TREE } from '../files.ts'
import { resolvePath } from '../paths.ts'
import { copyOf, deeper, latent, possible, sayWhere, sure, assign, type State } from '../state.ts'
import {
  bounded,
  DECODED,
  isFrom,
  isKnown,
  joined,
  LINES,
  literal,
  LOCAL,
  NOTHING,
  REMOTE,
  SECRET,
  unknownFrom,
  UNKNOWN,
  type Value,
} from '../text.ts'
import { assignmentFacts, unsetFacts } from '../variables.ts'
import { formatted } from './printf.ts'

/** Shells, and the words of a shell that run or change other words. */
export const SHELLS: Readonly<Record<string, Program>> = {
  ...Object.fromEntries(
    'sh bash zsh dash ash ksh mksh fish rbash csh tcsh hush yash osh su-exec nu xonsh elvish'
      .split(' ')
      .map((name) => [name, shell]),
  ),
  eval: (call) => {
    const text = joined(call.args, ' ')
    return isIdiom(text.text) ? NOTHING : runShellText(call, text)
  },
  source: (call) => sourced(call),
  '.': (call) => sourced(call),
  trap: (call) => {
    const [first] = readFlags(call.args).operands
    return first === undefined || call.args.length < 2 ? NOTHING : runShellText(call, first)
  },
  alias: (call) => {
    for (const { text } of call.args) {
      const at = text.indexOf('=')
      if (at > 0) call.state.aliases.set(text.slice(0, at), text.slice(at + 1))
      // Those of zsh count anywhere in a line, and for files.
      if (at > 0 && /^-[gs]$/.test(call.args[0]?.text ?? ''))
        runShellText(call, literal(text.slice(at + 1).replace(/^\s*(?=[;|&])/, ': ')))
    }
    return NOTHING
  },
  hash: ({ state, args }) => {
    const flags = readFlags(args, '-p')
    const path = valuesOf(flags, '-p')[0]
    for (const { text } of path === undefined ? [] : flags.operands)
      state.aliases.set(`hash ${text}`, path?.text ?? '')
    return NOTHING
  },
  ...Object.fromEntries(
    ['export', 'declare', 'typeset', 'local', 'readonly'].map((name) => [name, declared]),
  ),
  unset: ({ state, args }) => {
    for (const { text } of args) unsetFacts(state, text)
    return NOTHING
  },
  read: ({ state, args, stdin }) => {
    const flags = readFlags(args, '-p -d -t -n -N -u -i -a')
    const all = (stdin?.text ?? UNKNOWN).split('\n').filter((line) => line !== '')
    const lines = all.length > MAX_LINES ? [...all.slice(0, MAX_LINES), UNKNOWN] : all
    const values = lines.map((text) => ({ text, from: stdin?.from ?? 0 }))
    for (const { text } of [...flags.operands, ...valuesOf(flags, '-a')])
      state.vars.set(text, values.length > 0 ? values : [literal(UNKNOWN)])
    for (const value of values) latent(state, value)
    return NOTHING
  },
  shift: ({ state, args }) => {
    const count = args[0] === undefined ? 1 : Number(args[0].text)
    const [name, ...rest] = state.positional ?? []
    if (name !== undefined) state.positional = [name, ...rest.slice(Number.isInteger(count) ? count : 0)]
    return NOTHING
  },
  mapfile: (call) => mapped(call),
  readarray: (call) => mapped(call),
  set: (call) => shellOptions(call),
  shopt: () => NOTHING,
  printf: (call) => printed(call),
  getopts: () => NOTHING,
  compgen: (call) => callback(call, '-F -C -W'),
  bind: (call) => {
    for (const { text } of valuesOf(readFlags(call.args, '-x'), '-x'))
      runShellText(call, literal(text.replace(/^[^:]*:/, '')))
    return NOTHING
  },
  enable: ({ state, args }) => {
    if (args.some(({ text }) => text === '-f'))
      possible(state, 'opaque_exec', args.at(-2)?.text ?? '', 'loads code into the shell')
    return NOTHING
  },
  complete: (call) => callback(call, '-F -C'),
}
const MAX_LINES = 8

/** Set-up lines that tools tell people to write; what they print is the tool's own. */
const isIdiom = (text: string): boolean => text.startsWith(IDIOM)
export const IDIOM = '\ue006'

function shell(call: Call): Value {
  const { args, state, name } = call
  const flags = readFlags(args, '-c -o -O +o +O --rcfile --init-file', true)
  const rc = valuesOf(flags, '--rcfile', '--init-file')[0]
  if (rc !== undefined) scriptFile(call, rc)
  const isCommand = [...flags.given.keys()].some((one) => /^-[a-zA-Z]*c[a-zA-Z]*$/.test(one))
  if (isCommand) return commandText(call, flags)
  const script = flags.operands[0]
  const isStdin = script === undefined || script.text === '-' || has(flags, '-s')
  if (!isStdin) return scriptFile(call, script)
  if (call.stdin === null) {
    if (!has(flags, '--version', '--help', '-n'))
      possible(state, 'opaque_exec', name, `${name} waits for commands that nobody has seen`)
    return NOTHING
  }
  if (has(flags, '-i'))
    possible(state, 'reverse_shell', name, 'an interactive shell is fed by another program')
  return runShellText(withArguments(call, [literal(name), ...flags.operands]), call.stdin)
}

/** `-c text name arguments`; of `-lc text` and `-c -e text` the text is what follows the options. */
function commandText(call: Call, flags: Flags): Value {
  const given = valuesOf(flags, '-c').find(({ text }) => !/^-\w*c\w*$/.test(text))
  const isOption = given === undefined || /^[-+]/.test(given.text)
  const [text, ...rest] = isOption ? flags.operands : [given, ...flags.operands]
  if (text === undefined) return NOTHING
  return runShellText(withArguments(call, rest), text)
}

const withArguments = (call: Call, args: readonly Value[]): Call => ({
  ...call,
  state: { ...call.state, positional: args.length === 0 ? [literal(call.name)] : args },
})

/** Runs a text as a shell would; what came from elsewhere or out of a decoder is not run unseen. */
export function runShellText(call: Call, text: Value): Value {
  const { state } = call
  const inner = deeper(state, call.name)
  if (inner === null) return unknownFrom(LOCAL)
  if (isFrom(text, REMOTE)) sure(state, 'download_run', call.name, 'runs what was fetched from elsewhere')
  if (isFrom(text, LINES)) runLines(call, inner, text)
  if (isKnown(text.text)) {
    const done = state.shared.run.text(inner, text, inputOf(call, text))
    state.vars = inner.vars
    return done
  }
  if (isFrom(text, DECODED))
    sure(state, 'destructive_delete', call.name, 'runs what was decoded or unpacked and cannot be read')
  else if (isFrom(text, LOCAL) || text.text.trim() === UNKNOWN)
    possible(state, 'opaque_exec', call.name, 'runs words that are not known')
  return state.shared.run.text(inner, text, inputOf(call, text))
}

/** Which of its lines come, and in what order, is not known: each is also read by itself. */
function runLines(call: Call, inner: State, text: Value): void {
  possible(call.state, 'opaque_exec', call.name, 'runs some lines of a text')
  for (const line of text.text.split('\n').slice(0, MAX_READ_LINES))
    inner.shared.run.text(copyOf(inner), { ...text, text: line }, null)
}
const MAX_READ_LINES = 32

/** A script that is read from standard input leaves nothing there. */
const inputOf = (call: Call, text: Value): Value | null => (call.stdin === text ? null : call.stdin)

function sourced(call: Call): Value {
  const [file, ...rest] = call.args.filter(({ text }) => text !== '--')
  if (file === undefined) return NOTHING
  return scriptFile(withArguments(call, [literal(call.name), ...rest]), file)
}

/** A script by its file: what this command wrote there is read, what it fetched is refused, and some places are asked about. */
export function scriptFile(
  call: Call,
  file: Value,
  run: (text: Value) => Value = (text) => runShellText(call, text),
): Value {
  const { state } = call
  const path = resolvePath(state, file.text)
  if (isStdin(path) && call.stdin !== null) return run(call.stdin)
  if (isRemoteFile(state, file.text) || isFrom(file, REMOTE)) {
    sure(state, 'download_run', path, `${call.name} runs a file that was fetched from elsewhere`)
    return unknownFrom(LOCAL)
  }
  const made = madeFile(state, file.text)
  if (made !== undefined && made.text !== TREE && made.origin === undefined) return run(made)
  return foundScript(call, file, path)
}

const isStdin = (path: string): boolean => /^\/dev\/(?:stdin|fd\/0)$/.test(path)

/** Others write here too. */
export const isOpenPlace = (path: string): boolean =>
  /^(?:\/private)?\/(?:tmp|var\/tmp|dev\/shm)\/|\/downloads\//i.test(path)

/** A script that was there before. */
function foundScript({ state, name, stdin }: Call, file: Value, path: string): Value {
  if (readPlace(state, path, name) === SECRET) return unknownFrom(SECRET)
  state.shared.scripts.add(path)
  sayWhere(state, path, [
    [file.text.startsWith(UNKNOWN), 'opaque_exec', 'possible', 'which script runs is not known'],
    [isOpenPlace(path), 'opaque_exec', 'possible', 'runs a script of a place that others write to'],
  ])
  return printedFrom(stdin)
}

/** `export A=b`: assignments among arguments; without any, `export` and `declare` print all variables. */
function declared(call: Call): Value {
  const { state } = call
  const named = call.args.filter(({ text }) => /^[A-Za-z_]\w*/.test(text))
  const isReference = call.args.some(({ text }) => /^-[a-zA-Z]*n/.test(text)) && call.name !== 'export'
  for (const word of named) {
    const at = word.text.indexOf('=')
    if (at < 0) continue
    // what another name stands for is not followed
    const value = isReference ? literal(UNKNOWN) : { ...word, text: word.text.slice(at + 1) }
    assign(state, word.text.slice(0, at), value)
    assignmentFacts(state, { name: word.text.slice(0, at), value, isPrefix: false })
  }
  if (named.length > 0 || call.name === 'local' || call.args.some(({ text }) => /^-[fF]/.test(text)))
    return NOTHING
  return environmentShown(state, call.name)
}

export function environmentShown(state: State, by: string): Value {
  sure(state, 'env_leak', by, `${by} prints all variables`)
  return unknownFrom(4)
}

function mapped(call: Call): Value {
  const flags = readFlags(call.args, '-C -c -d -n -O -s -t -u')
  for (const text of valuesOf(flags, '-C')) runShellText(call, text)
  const read = call.stdin ?? literal(UNKNOWN)
  for (const { text } of flags.operands) {
    assign(call.state, `${text}[@]`, read)
    for (const [at, line] of read.text.split('\n').slice(0, MAX_MAPPED).entries())
      assign(call.state, `${text}[${at}]`, { ...read, text: line })
  }
  return NOTHING
}

const MAX_MAPPED = 64

function callback(call: Call, valued: string): Value | undefined {
  for (const text of valuesOf(readFlags(call.args, valued), '-C')) runShellText(call, text)
  return call.name === 'compgen' && call.args.some(({ text }) => /^-[ve]/.test(text))
    ? environmentShown(call.state, 'compgen')
    : undefined
}

function shellOptions(call: Call): Value {
  const texts = textsOf(call.args)
  if (texts.length === 0) return environmentShown(call.state, 'set')
  if (/\+o history|\+H/.test(texts.join(' ')))
    sure(call.state, 'history_tamper', 'history', 'the history is turned off')
  const given = texts[0]?.startsWith('+') === true ? [] : readFlags(call.args, '-o', true).operands
  if (given.length > 0 || texts.includes('--')) call.state.positional = [literal('bash'), ...given]
  return NOTHING
}

/** `printf -v` runs substitutions in a subscript; else it prints its format. */
function printed({ state, args }: Call): Value {
  const isTo = args[0]?.text === '-v'
  const [format, ...rest] = isTo ? args.slice(2) : args[0]?.text === '--' ? args.slice(1) : args
  if (format === undefined) return NOTHING
  const value = { text: bounded(formatted(format.text, textsOf(rest))), from: joined(args).from }
  if (!isTo) return value
  const target = args[1]?.text ?? ''
  if (/\$\(|`/.test(target)) state.shared.run.text(state, literal(`: "${target}"`), null)
  assign(state, target, value)
  return NOTHING
}
