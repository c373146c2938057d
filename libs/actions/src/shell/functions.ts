import { copyOf, deeper, possible, type Body, type State } from './state.ts'
import { joined, LOCAL, NOTHING, unknownFrom, type Value } from './text.ts'

/** How often a function that starts itself is read. */
const MOST_READINGS = 3

/**
 * Functions and aliases of the command itself; null where the name is neither. Whether a shell takes such a name for what it stands for depends
 * on more than the command says (aliases count in some shells only, `command`, `env`, `unset -f` and every other program go round functions), so
 * a program of that name is read as well, by `runProgram`.
 */
export function runDefined(
  state: State,
  words: readonly Value[],
  { stdin, runProgram }: { stdin: Value | null; runProgram: ((state: State) => Value) | null },
): Value | null {
  const name = words[0]?.text ?? ''
  const body = state.functions.get(name)
  const alias = state.aliases.get(name)
  if (body === undefined && alias === undefined) return null
  const printed = body === undefined ? aliased(state, words, stdin) : called(state, { words, body, stdin })
  if (runProgram === null) return printed
  return joined([printed, runProgram({ ...copyOf(state), isNested: true })], '\n')
}

function aliased(state: State, words: readonly Value[], stdin: Value | null): Value {
  const name = words[0]?.text ?? ''
  const inner = deeper(state, name)
  if (inner === null) return unknownFrom(LOCAL)
  const alias = { text: state.aliases.get(name) ?? '', from: 0 }
  inner.aliases.delete(name)
  return inner.shared.run.text(inner, joined([alias, ...words.slice(1)], ' '), stdin)
}

type Called = { readonly words: readonly Value[]; readonly body: Body; readonly stdin: Value | null }

function called(state: State, { words, body, stdin }: Called): Value {
  const name = words[0]?.text ?? ''
  const readings = state.calls.filter((call) => call[0]?.text === name)
  if (readings.length >= MOST_READINGS) {
    if (!isLikeBefore(words, readings.at(-1) ?? []))
      possible(state, 'unresolvable', name, 'a function starts itself more often than can be read')
    return unknownFrom(LOCAL)
  }
  const inner = deeper(state, name)
  if (inner === null) return unknownFrom(LOCAL)
  state.shared.uncalled.delete(name)
  inner.positional = words
  inner.isNested = true
  inner.calls = [...state.calls, words]
  const printed = inner.shared.run.node(inner, body, stdin)
  state.vars = inner.vars
  return printed
}

/** One more reading says nothing new: each argument is what it was, or something below it. */
const isLikeBefore = (words: readonly Value[], before: readonly Value[]): boolean =>
  words.every(({ text }, at) => {
    const known = (before[at] ?? NOTHING).text
    return text === known || (known !== '' && text.startsWith(`${known}/`) && !text.includes('..'))
  })
