import { has, readFlags, textsOf, valuesOf, type Call, type Flags, type Program } from '../call.ts'
import { deletePath, filledPlace, readFile, readPlace, writeFile } from '../files.ts'
import { resolvePath } from '../paths.ts'
import { guardOf, isInWorkspace, isSecret } from '../places.ts'
import { deeper, sure, type State } from '../state.ts'
import { escapes } from './printf.ts'
import { BELOW, joined, literal, LOCAL, NOTHING, STAR, UNKNOWN, unknownFrom, type Value } from '../text.ts'

/** Programs that run another one for each thing that they find or read. */
export const SEARCHES: Readonly<Record<string, Program>> = {
  find: (call) => found(call),
  gfind: (call) => found(call),
  fd: (call) => foundFast(call),
  fdfind: (call) => foundFast(call),
  xargs: (call) =>
    applied(
      call,
      '-I -i -n -P -s -L -d -E -a --max-args --max-procs --replace --delimiter --arg-file --max-lines',
    ),
  parallel: (call) => paralleled(call),
  cpio: (call) => {
    const flags = readFlags(call.args, '-D --directory -F --file -I -O')
    if (has(flags, '-i', '--extract', '-p', '--pass-through'))
      for (const { text } of [...valuesOf(flags, '-D', '--directory'), ...flags.operands])
        filledPlace(call.state, text, 'cpio')
    for (const path of (call.stdin?.text ?? '').split('\n').filter((one) => one !== ''))
      readPlace(call.state, resolvePath(call.state, path), 'cpio')
    return undefined
  },
  rg: (call) => preprocessed(call, '--pre'),
  fzf: (call) => preprocessed(call, '--preview', '--bind'),
  split: (call) => preprocessed(call, '--filter'),
  sort: (call) => preprocessed(call, '--compress-program'),
}

/** Places to begin, then tests and deeds: `-delete`, `-exec … ;`, `-fprint file`. */
function found(call: Call): Value {
  const { state, args } = call
  const end = args.findIndex(({ text }) => /^[-(!]/.test(text) && !/^-[HLPDO]/.test(text))
  const starts = args.slice(0, end === -1 ? args.length : end).filter(({ text }) => !text.startsWith('-'))
  const tests = end === -1 ? [] : args.slice(end)
  const roots = starts.length > 0 ? starts : [literal('.')]
  const hits = roots.map((root) => hitOf(root, tests))
  if (tests.some(({ text }) => text === '-delete')) for (const hit of hits) deleteFound(state, hit, tests)
  for (const [at, { text }] of tests.entries()) {
    if (/^-(?:exec|ok)(?:dir)?$/.test(text)) runFound(call, tests.slice(at + 1), hits)
    if (/^-(?:fprintf?0?|fls)$/.test(text))
      writeFile(state, tests[at + 1] ?? NOTHING, { value: unknownFrom(LOCAL), by: 'find' })
  }
  const printed = tests.flatMap((_, at) =>
    tests[at - 1]?.text === '-printf' ? escapes(tests[at]?.text ?? '').replaceAll(/%\S/g, UNKNOWN) : [],
  )
  return { text: [...hits.map(({ text }) => text), ...printed].join('\n'), from: LOCAL }
}

/** What a search comes by, as a pattern: its place, then any path, then the name it asks for. */
function hitOf(root: Value, tests: readonly Value[]): Value {
  const texts = textsOf(tests)
  const isShallow = texts.includes('-maxdepth') && texts[texts.indexOf('-maxdepth') + 1] === '0'
  if (isShallow) return root
  const at = texts.findIndex((text) => /^-i?(?:name|path|wholename|regex)$/.test(text))
  const name = at === -1 ? '' : (texts[at + 1] ?? '').replaceAll('*', STAR).replaceAll('?', '\ue002')
  const last = name.slice(name.lastIndexOf('/') + 1)
  const place = root.text.replace(/\/$/, '')
  const isNarrow =
    last !== '' && last !== STAR && !texts.includes('-o') && texts[at - 1] !== '!' && texts[at - 1] !== '-not'
  return { ...root, text: isNarrow ? `${place}/${BELOW}/${last}` : `${place}/${BELOW}` }
}

/** Deleting what has a certain name below the workspace is ordinary; deleting all of it is not. */
function deleteFound(state: State, hit: Value, tests: readonly Value[]): void {
  const word = hit.text
  const isBounded = /\ue003\/[^/]*[\w]/.test(word)
  const root = word.replace(/\/\ue003.*$/, '')
  const path = resolvePath(state, root === '' ? '/' : root)
  const whole = resolvePath(state, word)
  if (guardOf(state, whole)) sure(state, 'guard_tamper', whole, 'find -delete removes what keeps watch')
  const isWhole = state.shared.context.workspaces.includes(path)
  if (isWhole ? isBounded || isSparing(tests) : isInWorkspace(state, path)) return
  deletePath(state, root === '' ? '/' : root, { isRecursive: true, by: 'find -delete' })
}

/** Only empty folders, or only what one test picks out. */
const isSparing = (tests: readonly Value[]): boolean =>
  textsOf(tests).some((text) => /^-(?:empty|mtime|mmin|newer|size|path|regex)$/.test(text))

function runFound(call: Call, after: readonly Value[], hits: readonly Value[]): void {
  const end = after.findIndex(({ text }) => text === ';' || text === '+' || text === '\\;')
  const words = after.slice(0, end === -1 ? after.length : end)
  const inner = deeper(call.state, 'find -exec')
  if (inner === null) return
  const program = words[0]?.text.split('/').at(-1) ?? ''
  for (const hit of hits) {
    const others = words.filter(({ text }) => !text.includes('{}'))
    if (/^(?:rm|unlink|shred|rmdir)$/.test(program)) {
      if (others.length < words.length) deleteFound(inner, hit, after.slice(end + 1))
      inner.shared.run.words(inner, others, null)
    } else {
      if (
        /^(?:cat|head|tail|cp|mv|tar|base64|xxd|less|strings)$/.test(program) &&
        isSecret(inner, resolvePath(inner, hit.text))
      )
        readPlace(inner, resolvePath(inner, hit.text), program)
      inner.shared.run.words(
        inner,
        words.map((word) => replaced(word, '{}', hit)),
        null,
      )
    }
  }
}

const replaced = (word: Value, mark: string, value: Value): Value =>
  mark !== '' && word.text.includes(mark)
    ? { text: word.text.replaceAll(mark, value.text), from: word.from | value.from }
    : word

function foundFast(call: Call): Value {
  const { state, args } = call
  const at = args.findIndex(({ text }) => /^(?:-x|-X|--exec|--exec-batch)$/.test(text))
  const flags = readFlags(
    at === -1 ? args : args.slice(0, at),
    '-e -t -d -E -g -S --extension --type --max-depth --exclude --search-path',
  )
  const [pattern, ...roots] = flags.operands
  const hits = (roots.length > 0 ? roots : [literal('.')]).map((root) => ({
    ...root,
    text: `${root.text.replace(/\/$/, '')}/${BELOW}${/\w{2,}/.test(pattern?.text ?? '') ? `/${pattern?.text}` : ''}`,
  }))
  if (at === -1) return { text: hits.map(({ text }) => text).join('\n'), from: LOCAL }
  const words = args.slice(at + 1)
  const filled = words.some(({ text }) => text.includes('{')) ? words : [...words, literal('{}')]
  runFound({ ...call, state }, filled, hits)
  return unknownFrom(LOCAL)
}

/** The words of standard input follow those of the arguments, or stand where the mark is. */
function applied(call: Call, valued: string): Value {
  const { state, args, stdin } = call
  const flags = readFlags(args, valued, true)
  const inner = deeper(state, 'xargs')
  if (inner === null || flags.operands.length === 0) return stdin ?? NOTHING
  const input = givenTo(call, flags)
  const mark = valuesOf(flags, '-I', '--replace')[0]?.text ?? (has(flags, '-i') ? '{}' : '')
  const isWhole = has(flags, '-0', '--null', '-d', '--delimiter')
  const items = itemsOf(input, isWhole ? wholeItems : mark === '' ? wordItems : lineItems)
  if (mark === '') return inner.shared.run.words(inner, [...flags.operands, ...items], NOTHING)
  const lines = items.map((item) => flags.operands.map((word) => replaced(word, mark, item)))
  return joined(lines.map((words) => inner.shared.run.words(inner, words, NOTHING)))
}

const givenTo = ({ state, stdin }: Call, flags: Flags): Value =>
  valuesOf(flags, '-a', '--arg-file').map((file) => readFile(state, file, 'xargs -a'))[0] ?? stdin ?? NOTHING

/** Of too many the rest is not known. */
function itemsOf(input: Value, cut: (text: string) => readonly string[]): readonly Value[] {
  const given = cut(input.text).filter((text) => text !== '')
  const items = given.slice(0, MAX_ITEMS).map((text) => ({ text, from: input.from }))
  return given.length > MAX_ITEMS ? [...items, unknownFrom(input.from | LOCAL)] : items
}
const MAX_ITEMS = 64

/** Words as `xargs` reads them: quotes and backslashes hold them together. Lines where a mark stands for one, else what an option says. */
const wordItems = (text: string): readonly string[] => (text.match(WORD) ?? []).map(unquoted)
const WORD = /(?:'[^'\n]*'|"[^"\n]*"|\\[\s\S]|[^\s\\])+/g
const lineItems = (text: string): readonly string[] =>
  text.split('\n').map((line) => unquoted(line.trimStart()))
const wholeItems = (text: string): readonly string[] => text.split(/[\0\n]/)

const unquoted = (text: string): string =>
  text.replaceAll(
    /'([^'\n]*)'|"([^"\n]*)"|\\([\s\S])/g,
    (_, one?: string, two?: string, three?: string) => one ?? two ?? three ?? '',
  )

/** `parallel command ::: arguments`, or lines of standard input as commands. */
function paralleled(call: Call): Value {
  const { state, args, stdin } = call
  const flags = readFlags(args, '-j --jobs -a -n -N -S --sshlogin', true)
  const at = flags.operands.findIndex(({ text }) => text.startsWith(':::'))
  const words = at === -1 ? flags.operands : flags.operands.slice(0, at)
  const items =
    at === -1
      ? (stdin?.text ?? UNKNOWN)
          .split('\n')
          .filter((text) => text !== '')
          .map((text) => literal(text))
      : flags.operands.slice(at + 1)
  const inner = deeper(state, 'parallel')
  if (inner === null) return NOTHING
  for (const item of items.slice(0, MAX_ITEMS)) {
    const hasMark = words.some(({ text }) => text.includes('{}'))
    const line = joined(hasMark ? words.map((word) => replaced(word, '{}', item)) : [...words, item], ' ')
    inner.shared.run.text(inner, line, null)
  }
  return NOTHING
}

function preprocessed(call: Call, ...names: readonly string[]): undefined {
  for (const text of valuesOf(readFlags(call.args, names.join(' ')), ...names)) {
    const inner = deeper(call.state, `${call.name} ${names[0] ?? ''}`)
    if (inner !== null)
      inner.shared.run.text(
        inner,
        { ...text, text: text.text.replace(/^.*execute(?:-silent)?[:(]/, '').replace(/\)$/, '') },
        null,
      )
  }
}
