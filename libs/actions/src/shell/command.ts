import type { Assignment, Command } from 'unbash'
import { foldText, foldWord } from './fold.ts'
import { withTilde } from './paths.ts'
import { redirected } from './redirects.ts'
import { assign, spend, valueOf, type State } from './state.ts'
import { ELEMENT, joined, literal, NOTHING, type Value } from './text.ts'
import { assignmentFacts } from './variables.ts'

/** A simple command: assignments, redirections, then its words; once for each value that a variable in it may have. */
export function runCommand(state: State, command: Command, stdin: Value | null): Value {
  const before = { choice: state.choice, choices: state.choices }
  state.choices = 1
  state.choice = 0
  const printed = [runOnce(state, command, stdin)]
  const { choices } = state
  for (let choice = 1; choice < choices && spend(state); choice += 1) {
    state.choice = choice
    printed.push(runOnce(state, command, stdin))
  }
  Object.assign(state, before)
  return printed.length === 1 ? (printed[0] ?? NOTHING) : { ...joined(printed), text: printed[0]?.text ?? '' }
}

function runOnce(state: State, command: Command, stdin: Value | null): Value {
  const assignments = command.prefix.filter((part) => part.type === 'Assignment')
  const words = command.name === undefined ? [] : foldWord(state, command.name)
  const rest = command.args.flatMap((part) =>
    part.type === 'Word' ? foldWord(state, part) : [asWord(state, part)],
  )
  const all = [...words, ...rest]
  const run = (input: Value | null): Value =>
    all.length === 0 ? (input ?? NOTHING) : state.shared.run.words(state, all, input)
  const kept = all.length === 0 ? null : new Map(state.vars)
  for (const one of assignments) setVariable(state, one, all.length > 0)
  const printed = redirected(state, { redirects: command.redirects, stdin }, run)
  if (kept !== null) for (const { name } of assignments) restore(state, name, kept)
  return printed
}

/** `FOO=bar command` is forgotten after it. */
function restore(state: State, name: string, kept: ReadonlyMap<string, readonly Value[]>): void {
  const value = kept.get(name)
  if (value === undefined) state.vars.delete(name)
  else state.vars.set(name, value)
}

function setVariable(state: State, { name, value, append, index }: Assignment, isPrefix: boolean): void {
  if (value.type === 'ArrayValue')
    return setArray(state, name, [
      ...(append === true ? elementsOf(state, name) : []),
      ...value.elements.flatMap((word) => foldWord(state, word)),
    ])
  const folded = foldText(state, value)
  const at = index === undefined ? name : `${name}[${foldText(state, index).text}]`
  const full = append === true ? joined([valueOf(state, at) ?? NOTHING, folded]) : folded
  assign(state, at, full)
  assignmentFacts(state, { name, value: full, isPrefix })
}

/** What an array holds so far; a plain variable is an array of one. */
function elementsOf(state: State, name: string): readonly Value[] {
  const all = valueOf(state, `${name}[@]`) ?? valueOf(state, name)
  return all === undefined ? [] : all.text.split(ELEMENT).map((text) => ({ ...all, text }))
}

/** `(a b)`, and `([1]=b [0]=a)`, whose order nobody needs to know here: whatever stands first is read first. */
function setArray(state: State, name: string, given: readonly Value[]): void {
  const placed = given.map((element, at) => {
    const [all = '', key = String(at)] = /^\[([^\]]*)\]=/.exec(element.text) ?? []
    return {
      key,
      value: all === '' ? element : { ...element, text: withTilde(state, element.text.slice(all.length)) },
    }
  })
  const inOrder = placed.every(({ key }) => /^\d+$/.test(key))
    ? placed.toSorted((one, other) => Number(one.key) - Number(other.key))
    : placed
  const elements = inOrder.map(({ value }) => value)
  for (const { key, value } of inOrder) assign(state, `${name}[${key}]`, value)
  assign(state, `${name}[@]`, joined(elements, ELEMENT))
  assign(state, name, elements[0] ?? NOTHING)
}

/** `export A=b` and its kin: an assignment among the arguments. */
function asWord(state: State, part: Assignment): Value {
  if (part.value.type === 'ArrayValue') {
    setVariable(state, part, false)
    return literal(part.name)
  }
  return joined([literal(`${part.name}=`), foldText(state, part.value)])
}
