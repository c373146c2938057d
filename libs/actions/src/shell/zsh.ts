import { named } from './parameters.ts'
import type { State } from './state.ts'
import { literal, NOTHING, UNKNOWN, unknownFrom, type Value } from './text.ts'

// Clients start the shell of their person, which may be zsh. What bash would refuse is a question anyway; what follows here bash takes for
// something harmless.

/** `${(e)x}` runs the substitutions in what `x` holds, `${(P)x}` is what the variable named by `x` holds. @param operator all between the braces */
export function flaggedParameter(state: State, operator: string): Value {
  const [, flags = '', name = ''] = /^\(([^)]*)\)([A-Za-z_]\w*)$/.exec(operator) ?? []
  const value = name === '' ? undefined : named(state, name)
  if (value === undefined) return literal(UNKNOWN)
  const meant = flags.includes('P') ? (named(state, value.text) ?? literal(UNKNOWN)) : value
  if (!flags.includes('e')) return /^[P@]*$/.test(flags) ? meant : unknownFrom(meant.from)
  const text = `cat <<VALUE\n${meant.text}\nVALUE\n`
  return state.shared.run.text(state, { ...meant, text }, null)
}

/** `*(e:'code':)` runs code for each file that a pattern finds, `*(+name)` a function or program. */
export function runQualifiers(state: State, pattern: string): void {
  const [, , code] = CODE.exec(pattern) ?? []
  if (code !== undefined)
    state.shared.run.text(state, literal(code.slice(0, -1).replaceAll(/^['"]|['"]$/g, '')), null)
  const called = CALL.exec(pattern)?.[1]
  if (called !== undefined) state.shared.run.words(state, [literal(called)], NOTHING)
}
const CODE = /^[\w/.@=*%^,+-]{0,64}?e([:[{<(,;/%#'"])([\s\S]+)$/
const CALL = /^[\w/.@=*%^,-]{0,64}?\+([A-Za-z_]\w*)$/
