import { forEachChild, parse } from 'unbash'
import type { DoubleQuotedChild, SyntaxNode, Word, WordPart } from 'unbash'
import { expandBraces } from './braces.ts'
import { parameterValue } from './parameters.ts'
import { withTilde } from './paths.ts'
import { copyOf, latent, spend, valueOf, type State } from './state.ts'
import { flaggedParameter, runQualifiers } from './zsh.ts'
import { ELEMENT, joined, literal, LOCAL, ONE, STAR, UNKNOWN, unknownFrom, type Value } from './text.ts'

/** The fields that a shell would make of a word: quotes, variables, substitutions, braces and field splitting done as far as they are known. */
export function foldWord(state: State, word: Word): readonly Value[] {
  if (!spend(state)) return [unknownFrom(LOCAL)]
  if (word.parts?.some(({ type }) => type === 'BraceExpansion') === true) {
    return expandBraces(word.text).flatMap((text) => foldAgain(state, text, word))
  }
  return fieldsOf(state, segmentsOf(state, word))
}

/** The same as one text: of assignments, redirections, here-strings and tests, which are not split. */
export function foldText(state: State, word: Word): Value {
  if (!spend(state)) return unknownFrom(LOCAL)
  const value = joined(segmentsOf(state, word).map((segment) => segment.value))
  return { ...value, text: value.text.replaceAll(ELEMENT, ' ') }
}

/** The body of a here-document, where only `$` and backticks count. */
export const foldParts = (state: State, parts: readonly WordPart[]): Value =>
  joined(parts.map((part) => segmentOf(state, part).value))

type Segment = { readonly value: Value; readonly isSplit: boolean }

function foldAgain(state: State, text: string, word: Word): readonly Value[] {
  const command = parse(`: ${text}`).commands[0]?.command
  const again = command?.type === 'Command' ? command.args[0] : undefined
  if (again?.type !== 'Word' || again.text === word.text) return [literal(word.value)]
  return fieldsOf(state, segmentsOf(state, again))
}

function segmentsOf(state: State, word: Word): readonly Segment[] {
  if (word.parts === undefined) {
    const text = word.text.startsWith('~') ? withTilde(state, word.value) : word.value
    return [{ value: literal(text), isSplit: false }]
  }
  return word.parts.map((part, at) => {
    if (at === 0 && part.type === 'Literal' && part.text.startsWith('~')) {
      return { value: literal(withTilde(state, part.value)), isSplit: false }
    }
    return segmentOf(state, part)
  })
}

const PARTS: {
  readonly [T in WordPart['type']]: (state: State, part: Extract<WordPart, { type: T }>) => Segment
} = {
  Literal: (_, part) => whole(literal(part.value)),
  SingleQuoted: (_, part) => whole(literal(part.value)),
  AnsiCQuoted: (_, part) => whole(literal(part.value)),
  BraceExpansion: (_, part) => whole(literal(part.text)),
  Glob: (_, part) => whole(literal(GLOBS[part.kind](part.text))),
  ExtendedGlob: (state, part) => {
    runQualifiers(state, part.pattern)
    return whole(literal(part.operator === '@' && !/[|*?[(]/.test(part.pattern) ? part.pattern : STAR))
  },
  DoubleQuoted: (state, part) => whole(quotedValue(state, part.parts)),
  LocaleString: (state, part) => whole(quotedValue(state, part.parts)),
  SimpleExpansion: (state, part) => split(parameterValue(state, part, foldText)),
  ParameterExpansion: (state, part) =>
    split(
      part.operation?.type === 'Unknown'
        ? flaggedParameter(state, part.operation.operator)
        : parameterValue(state, part, foldText),
    ),
  CommandExpansion: (state, part) => split(substituted(state, part)),
  ProcessSubstitution: (state, part) => whole(processSubstituted(state, part)),
  ArithmeticExpansion: (state, part) => whole(arithmetic(state, part)),
}

const segmentOf = (state: State, part: WordPart): Segment =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table's type gives each kind of part its own reader
  (PARTS[part.type] as (state: State, part: WordPart) => Segment)(state, part)

const whole = (value: Value): Segment => ({ value, isSplit: false })
const split = (value: Value): Segment => ({ value, isSplit: true })

const quotedValue = (state: State, parts: readonly DoubleQuotedChild[]): Value =>
  joined(parts.map((part) => segmentOf(state, part).value))

const GLOBS = {
  star: () => STAR,
  question: () => ONE,
  /** `[a]` is `a`, whatever it hides from a reader */
  bracket: (text: string) =>
    /^\[[^!^\]]\]$/.test(text) ? text.slice(1, -1) : /:.*:/.test(text) && !text.includes('[:') ? text : ONE,
} as const

function substituted(state: State, part: Extract<WordPart, { type: 'CommandExpansion' }>): Value {
  if (part.script === undefined) return unknownFrom(LOCAL)
  const printed = state.shared.run.script(copyOf(state), part.script, null)
  return { text: printed.text.replace(/\n+$/, ''), from: printed.from | (printed.text === '' ? 0 : LOCAL) }
}

/** `<(…)` is a file of what it prints; what is written to `>(…)` is not known where it is read. */
function processSubstituted(state: State, part: Extract<WordPart, { type: 'ProcessSubstitution' }>): Value {
  const stdin = part.operator === '>' ? unknownFrom(LOCAL) : null
  const printed =
    part.script === undefined
      ? unknownFrom(LOCAL)
      : state.shared.run.script(copyOf(state), part.script, stdin)
  const path = `/dev/fd/p${state.shared.files.size}`
  state.shared.files.set(path, printed)
  return { text: path, from: printed.from }
}

function arithmetic(state: State, part: Extract<WordPart, { type: 'ArithmeticExpansion' }>): Value {
  runInside(state, part)
  return /^\$\(\(\s*\d+\s*\)\)$/.test(part.text) ? literal(part.text.replaceAll(/\D/g, '')) : literal(UNKNOWN)
}

/** Runs the substitutions anywhere inside a node: subscripts and operands of arithmetic hold them too. */
export function runInside(state: State, node: SyntaxNode): void {
  forEachChild(node, (child) => {
    if (!spend(state)) return
    if (child.type === 'Word') latent(state, foldText(state, child))
    else if (child.type === 'Script') void state.shared.run.script(copyOf(state), child, null)
    else runInside(state, child)
  })
}

/** Joins the segments and cuts them where the separators of the shell stand. */
function fieldsOf(state: State, segments: readonly Segment[]): readonly Value[] {
  const from = segments.reduce((all, { value }) => all | value.from, 0)
  const separators = valueOf(state, 'IFS')?.text ?? ' \t\n'
  const marked = segments
    .map(({ value, isSplit }) => (isSplit ? cut(value.text, separators) : value.text))
    .join('')
  const isOnlySplit = segments.every(({ isSplit }) => isSplit)
  return marked
    .split(ELEMENT)
    .filter((text) => text !== '' || !isOnlySplit)
    .map((text) => ({ text: marked.includes(ELEMENT) ? withTilde(state, text) : text, from }))
}

/** What a variable holds becomes words, and its stars become globs. */
function cut(text: string, separators: string): string {
  const cutText = Array.from(text)
    .map((one) => (separators.includes(one) ? ELEMENT : one))
    .join('')
  return cutText.replaceAll('*', STAR).replaceAll('?', ONE)
}
