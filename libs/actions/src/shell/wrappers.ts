import { readFlags, has, textsOf, valuesOf, type Call, type Flags } from './call.ts'
import { WRAPPERS, type Wrapper } from './data/wrappers.ts'
import { assign, deeper, sure, type State } from './state.ts'
import { joined, NOTHING, type Value } from './text.ts'
import { assignmentFacts, unsetFacts } from './variables.ts'

/** Runs what a program wraps: null where it wraps nothing. */
export function peeled(call: Call): Value | null {
  const [first = '', second = ''] = textsOf(call.args.filter(({ text }) => !text.startsWith('-')))
  const wrapper = WRAPPERS.get(call.name)
  if (wrapper !== undefined) return unwrapped(call, wrapper, call.name)
  const two = WRAPPERS.get(`${call.name} ${first}`) ?? WRAPPERS.get(`${call.name} ${first} ${second}`)
  if (two === undefined) return null
  const at = call.args.findIndex(({ text }) => text === first)
  const skipped = WRAPPERS.has(`${call.name} ${first}`) ? 1 : 2
  return unwrapped({ ...call, args: call.args.slice(at + skipped) }, two, `${call.name} ${first}`)
}

function unwrapped(call: Call, wrapper: Wrapper, label: string): Value | null {
  const flags = readFlags(call.args, wrapper.valued, true)
  if (isQuiet(flags, wrapper)) return null
  if (wrapper.kind !== undefined) sure(call.state, wrapper.kind, label, `${label} takes other rights`)
  const inner = deeper(call.state, label)
  if (inner === null) return NOTHING
  const operands = commandIn(call, flags, wrapper)
  if (label === 'env') changedEnvironment(inner, flags)
  for (const folder of valuesOf(flags, '-C', '--chdir', '-D')) assign(inner, 'PWD', folder)
  const given = [...valuesOf(flags, ...(wrapper.text ?? '').split(' ')), ...lateText(operands, wrapper)]
  if (given.length > 0)
    return runTexts(inner, label === 'env' ? [...given, ...flags.operands] : given, call.stdin)
  return runRest({ ...call, state: inner, args: withoutAssignments(inner, operands, wrapper) }, wrapper)
}

/** Where the command of a wrapper begins: behind its operands, behind `--`, or with the value of an option. */
function commandIn(
  { args }: Call,
  flags: Flags,
  { startsAt, isBehindDashes, skip = 0 }: Wrapper,
): readonly Value[] {
  const dashes = args.findIndex(({ text }) => text === '--')
  const behind = dashes === -1 ? [] : args.slice(dashes + 1)
  if (isBehindDashes === true) return behind
  if (startsAt === undefined) {
    const rest = flags.operands.slice(skip)
    // To `env` one dash is `-i`.
    return /^--?$/.test(rest[0]?.text ?? '') ? rest.slice(1) : rest
  }
  const at = args.findIndex(({ text }) => startsAt.split(' ').includes(text))
  return at === -1 ? [] : dashes > at ? [...args.slice(at + 1, at + 2), ...behind] : args.slice(at + 1)
}

const isQuiet = (flags: Flags, { quiet }: Wrapper): boolean =>
  quiet !== undefined && has(flags, ...quiet.split(' '))

/** With nothing to run, a wrapper that only wraps is the program itself. */
function runRest({ state, args, stdin }: Call, wrapper: Wrapper): Value | null {
  if (args.length === 0) return wrapper.kind === undefined && wrapper.keeps !== true ? null : NOTHING
  return wrapper.isShellText === true
    ? runTexts(state, args, stdin)
    : state.shared.run.words(withoutOwn(state), args, stdin)
}

/** What is started by another program, and by `command`, is never a function or alias of this shell. */
const withoutOwn = (state: State): State => ({ ...state, functions: new Map(), aliases: new Map() })

/** `env -u`, and `env -i`, which takes the proxy away too. */
function changedEnvironment(state: State, flags: Flags): void {
  for (const name of valuesOf(flags, '-u', '--unset')) unsetFacts(state, name.text)
  const program = flags.operands.find(({ text }) => !text.includes('='))?.text ?? ''
  if (has(flags, '-i', '--ignore-environment') && SPEAKING.test(program)) {
    sure(state, 'guard_tamper', 'proxy', 'the proxy is taken away, so traffic would go round it')
  }
}

/** `flock file -c text`, `su - user -c text`: the option stands behind an operand. */
const lateText = (rest: readonly Value[], { text, valued }: Wrapper): readonly Value[] =>
  text !== undefined && rest[0]?.text.startsWith('-') === true
    ? valuesOf(readFlags(rest, valued), ...text.split(' '))
    : []

const SPEAKING = /(?:^|\/)(?:curl|wget|git|npm|npx|pip3?|ssh|http|nc)$/

const runTexts = (state: State, texts: readonly Value[], stdin: Value | null): Value =>
  state.shared.run.text(state, joined(texts, ' '), stdin)

/** `env A=b`, `sudo A=b`. */
function withoutAssignments(state: State, words: readonly Value[], wrapper: Wrapper): readonly Value[] {
  if (wrapper.assigns !== true) return words
  const end = words.findIndex(({ text }) => !/^[A-Za-z_]\w*=/.test(text))
  const count = end === -1 ? words.length : end
  for (const word of words.slice(0, count)) {
    const at = word.text.indexOf('=')
    const name = word.text.slice(0, at)
    const value = { ...word, text: word.text.slice(at + 1) }
    assign(state, name, value)
    assignmentFacts(state, { name, value, isPrefix: true })
  }
  return words.slice(count)
}
