import type { Redirect, Redirection } from 'unbash'
import { readFile, writeFile } from './files.ts'
import { foldParts, foldText, foldWord } from './fold.ts'
import { use, type State } from './state.ts'
import { isFrom, joined, LOCAL, NOTHING, unknownFrom, type Value } from './text.ts'

type Streams = { readonly redirects: readonly Redirection[]; readonly stdin: Value | null }
type Opened = { stdin: Value | null; readonly outputs: { word: Value; isAppending: boolean }[] }

/** Runs a command between its redirections: what it reads comes in, what it prints goes out to files. */
export function redirected(state: State, streams: Streams, run: (stdin: Value | null) => Value): Value {
  const opened: Opened = { stdin: streams.stdin, outputs: [] }
  for (const one of streams.redirects) open(state, one, opened)
  const printed = run(opened.stdin)
  for (const { word, isAppending } of opened.outputs) writeFile(state, word, { value: printed, isAppending })
  return opened.outputs.length > 0 ? { ...NOTHING, from: 0 } : printed
}

function open(state: State, one: Redirection, opened: Opened): void {
  if (one.type === 'HereString') {
    const text =
      one.target === undefined ? NOTHING : joined([foldText(state, one.target), { text: '\n', from: 0 }])
    given(state, { number: numberOf(one), text }, opened)
  } else if (one.type === 'HereDoc') {
    const { body } = one
    const text = body.parts === undefined ? { text: body.text, from: 0 } : foldParts(state, body.parts)
    given(state, { number: numberOf(one), text }, opened)
  } else if (one.target !== undefined) {
    OPENS[one.operator](state, { ...one, word: foldWord(state, one.target)[0] ?? NOTHING }, opened)
  }
}

type Target = Redirect & { readonly word: Value }
type Opens = (state: State, target: Target, opened: Opened) => void

const toFile =
  (isAppending: boolean): Opens =>
  (state, { word, descriptor }, opened) => {
    const number = numberOf({ descriptor })
    if (number === null || number === '1') opened.outputs.push({ word, isAppending })
    else writeFile(state, word, { value: unknownFrom(LOCAL), isAppending: isAppending || number === '2' })
    if (number !== null && number !== '2') state.descriptors.set(number, word)
  }

const fromFile: Opens = (state, target, opened) => {
  given(state, { number: numberOf(target), text: readFile(state, target.word, '<') }, opened)
}

/** What can be read from a descriptor, also by its path; standard input where none is named. */
function given(state: State, { number, text }: { number: string | null; text: Value }, opened: Opened): void {
  if (number === null || number === '0') opened.stdin = text
  else state.descriptors.set(number, { ...text, from: text.from | LOCAL })
  if (number !== null) state.shared.files.set(`/dev/fd/${number}`, text)
}

/** `>&3`, `<&3`, and `>& file` of old. */
const duplicated: Opens = (state, target, opened) => {
  const { text } = target.word
  if (/^(?:\d+-?|-)$/.test(text)) {
    const kept = state.descriptors.get(text)
    if (kept === undefined) return
    if (target.operator === '<&') opened.stdin = isFrom(kept, LOCAL) ? kept : readFile(state, kept, '<')
    else opened.outputs.push({ word: kept, isAppending: true })
  } else toFile(false)(state, target, opened)
}

const OPENS: Readonly<Record<Redirect['operator'], Opens>> = {
  '>': toFile(false),
  '>|': toFile(false),
  '&>': toFile(false),
  '>>': toFile(true),
  '&>>': toFile(true),
  '<': fromFile,
  '<>': (state, target) => {
    use(state, 'connect', target.word.text)
    state.descriptors.set(numberOf(target) ?? '0', target.word)
    writeFile(state, target.word, { value: NOTHING, isAppending: true })
  },
  '<&': duplicated,
  '>&': duplicated,
}

function numberOf({ descriptor }: Pick<Redirect, 'descriptor'>): string | null {
  if (descriptor === undefined) return null
  return descriptor.type === 'FileDescriptor' ? String(descriptor.value) : descriptor.name
}
