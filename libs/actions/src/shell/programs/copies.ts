import { has, readFlags, valuesOf, type Call, type Flags, type Program } from '../call.ts'
import {
  deletePath,
  filledPlace,
  madeFile,
  readFile,
  readPlace,
  readTree,
  writeFile,
  writePlace,
  TREE,
} from '../files.ts'
import { absoluteOf, cwdOrAbove, resolvePath } from '../paths.ts'
import { guardOf, isLog, isSecret, lossOf, persistenceOf } from '../places.ts'
import { assign, possible, sayWhere, sure, use, valueOf, type State } from '../state.ts'
import { literal, LOCAL, NOTHING, SECRET, REMOTE, shown, unknownFrom, UNKNOWN, type Value } from '../text.ts'

/** Programs that copy, move, link, change or move between files and directories. */
export const COPIES: Readonly<Record<string, Program>> = {
  cp: (call) => copied(call, 'cp'),
  install: (call) => copied(call, 'install'),
  ditto: (call) => copied(call, 'ditto'),
  mv: (call) => copied(call, 'mv'),
  rename: (call) => copied(call, 'mv'),
  'copy-item': (call) => copied(call, 'cp'),
  ln: (call) => linked(call),
  link: (call) => linked(call),
  mklink: (call) => linked(call),
  tee: (call) => {
    const flags = readFlags(call.args)
    const value = call.stdin ?? unknownFrom(LOCAL)
    for (const word of flags.operands)
      writeFile(call.state, word, { value, isAppending: has(flags, '-a', '--append'), by: 'tee' })
    return value
  },
  touch: (call) => written(call, '-d -r -t --date --reference'),
  mkfifo: (call) => written(call, '-m'),
  mkdir: (call) => written(call, '-m'),
  sponge: (call) => {
    for (const word of readFlags(call.args).operands)
      writeFile(call.state, word, { value: unknownFrom(LOCAL), by: 'sponge' })
    return NOTHING
  },
  ...Object.fromEntries(
    ['vi', 'vim', 'nvim', 'nano', 'ed', 'ex', 'emacs', 'patch', 'pico', 'micro'].map((name) => [
      name,
      edited,
    ]),
  ),
  sed: (call) => {
    const flags = readFlags(call.args, '-e --expression -f --file -l')
    const changes =
      has(flags, '-i', '--in-place') || [...flags.given.keys()].some((one) => /^-[a-z]*i/.test(one))
    const files = has(flags, '-e', '--expression', '-f', '--file') ? flags.operands : flags.operands.slice(1)
    for (const word of files) changed(call, word, changes)
    return undefined
  },
  tar: (call) => archived(call),
  bsdtar: (call) => archived(call),
  unzip: (call) => unpacked(call),
  cd: (call) => moved(call),
  pushd: (call) => moved(call),
  chdir: (call) => moved(call),
  popd: (call) => {
    assign(call.state, 'PWD', { text: call.state.vars.get('OLDPWD')?.[0]?.text ?? UNKNOWN, from: 0 })
    return NOTHING
  },
}

function moved({ state, args }: Call): Value {
  const target = readFlags(args).operands[0]
  const before = state.vars.get('PWD')?.[0] ?? NOTHING
  const old = state.vars.get('OLDPWD')?.[0]
  const path =
    target === undefined
      ? state.shared.context.home
      : /^(?:-|[+-]\d+)$/.test(target.text)
        ? ((target.text === '-' ? old?.text : undefined) ?? UNKNOWN)
        : absoluteOf(state, target.text)
  const others = target === undefined ? [] : soughtIn(state, target.text)
  assign(state, 'OLDPWD', before)
  state.vars.set('PWD', [path, ...others].map(literal))
  return NOTHING
}

/** Where else a plain name may lead: `CDPATH` is looked through first. */
function soughtIn(state: State, target: string): readonly string[] {
  const folders = valueOf(state, 'CDPATH')?.text ?? ''
  if (folders === '' || /^(?:[/~-]|\.{1,2}(?:\/|$))/.test(target)) return []
  return folders
    .split(':')
    .slice(0, MOST_SOUGHT)
    .map((folder) => absoluteOf(state, `${folder === '' ? '.' : folder}/${target}`))
}
const MOST_SOUGHT = 4

/** Sources and the place they go to. */
function endsOf(call: Call, flags: Flags): { sources: readonly Value[]; target: Value | undefined } {
  const named = valuesOf(flags, '-t', '--target-directory')[0]
  if (named !== undefined) return { sources: flags.operands, target: named }
  if (call.name === 'install' && has(flags, '-d', '--directory'))
    return { sources: [], target: flags.operands[0] }
  return { sources: flags.operands.slice(0, -1), target: flags.operands.at(-1) }
}

function copied(call: Call, by: 'cp' | 'mv' | 'install' | 'ditto'): Value {
  const { state } = call
  const flags = readFlags(call.args, '-t --target-directory -S --suffix -m --mode -o --owner -g --group')
  const { sources, target } = endsOf(call, flags)
  for (const source of sources) {
    const value = by === 'mv' ? movedAway(state, source) : readSource(state, source, by)
    if (target === undefined) continue
    if (WHOLE.test(source.text)) filledPlace(state, target.text, by)
    arrived(state, { source, target, value, by })
  }
  if (sources.length === 0 && target !== undefined && by !== 'mv')
    writePlace(state, resolvePath(state, target.text), by)
  return NOTHING
}

/** All that is in a directory, or all that is hidden in it. */
const WHOLE = /(?:^|\/)\.(?:\ue001.*|\/*)$/

function readSource(state: State, source: Value, by: string): Value {
  const from = readTree(state, source.text, by)
  const value = /^\/dev\/(?:null|zero)$/.test(source.text) ? NOTHING : readFile(state, source, by)
  return { ...value, from: value.from | from }
}

/** Moving takes away from where it was; a secret that moves is read later by another name. */
function movedAway(state: State, source: Value): Value {
  const path = resolvePath(state, source.text)
  const made = madeFile(state, source.text)
  if (isSecret(state, path)) possible(state, 'credential_read', path, `mv takes ${shown(path)} elsewhere`)
  if (guardOf(state, path)) sure(state, 'guard_tamper', path, `mv takes ${shown(path)} away`)
  if (isLog(state, path)) sure(state, 'history_tamper', path, `mv takes ${shown(path)} away`)
  const loss = lossOf(state, path, true)
  if (loss === 'sure' && made === undefined)
    possible(state, 'destructive_delete', path, `mv takes ${shown(path)} away`)
  return made ?? unknownFrom(LOCAL | (isSecret(state, path) ? SECRET : 0))
}

type Arrived = { readonly source: Value; readonly target: Value; readonly value: Value; readonly by: string }

function arrived(state: State, { source, target, value, by }: Arrived): void {
  const base = source.text.replace(/\/+$/, '').split('/').at(-1) ?? ''
  const into = `${target.text.replace(/\/$/, '')}/${base}`
  const isFolder = /\/$|(?:^|\/)\.{1,2}$/.test(target.text)
  const word = { text: isFolder ? into : target.text, from: 0 }
  const made = madeFile(state, source.text)
  writeFile(state, word, { value, by, isAppending: value.text !== '' })
  if (!isFolder) writePlace(state, resolvePath(state, into), by)
  const origin =
    made === undefined || made.origin !== undefined ? { origin: resolvePath(state, source.text) } : {}
  const kept = made === undefined ? value : { text: made.text, from: made.from | value.from }
  if (value.text === '') return
  for (const path of [absoluteOf(state, word.text), absoluteOf(state, into)]) {
    state.shared.files.set(path, { ...kept, ...(by === 'mv' ? origin : {}) })
  }
}

function linked(call: Call): Value {
  const flags = readFlags(call.args, '-t --target-directory -S --suffix')
  const { sources, target } =
    flags.operands.length === 1
      ? { sources: flags.operands, target: { text: '.', from: 0 } }
      : endsOf(call, flags)
  for (const source of sources)
    linkMade(call.state, source.text, { target: target?.text ?? '.', isForced: has(flags, '-f', '--force') })
  return NOTHING
}

function linkMade(
  state: State,
  source: string,
  { target, isForced }: { target: string; isForced: boolean },
): void {
  const origin = resolvePath(state, source)
  const base = source.replace(/\/+$/, '').split('/').at(-1) ?? ''
  const at = absoluteOf(state, /\/$|(?:^|\/)\.{1,2}$/.test(target) ? `${target}/${base}` : target)
  const another = `gives ${shown(origin)} another name`
  writePlace(state, at, 'ln')
  sayWhere(state, origin, [
    [isSecret(state, origin), 'credential_read', 'possible', another],
    [guardOf(state, origin), 'guard_tamper', 'possible', another],
    [persistenceOf(state, origin) === 'sure', 'persistence', 'possible', another],
    [
      isForced && lossOf(state, at, false) !== null,
      'destructive_delete',
      'possible',
      `ln replaces ${shown(at)}`,
    ],
  ])
  state.shared.files.set(at, { ...unknownFrom(LOCAL), origin, isLink: true })
}

function written(call: Call, valued: string): Value {
  for (const { text } of readFlags(call.args, valued).operands) {
    const path = resolvePath(call.state, text)
    use(call.state, 'write', path)
    if (call.name === 'mkdir') continue
    if (guardOf(call.state, path))
      possible(call.state, 'guard_tamper', path, `${call.name} changes ${shown(path)}`)
    if (persistenceOf(call.state, path) === 'sure')
      possible(call.state, 'persistence', path, `${call.name} changes ${shown(path)}`)
  }
  return NOTHING
}

function edited(call: Call): undefined {
  for (const { text } of readFlags(call.args, '-c -S -u --cmd').operands)
    writePlace(call.state, resolvePath(call.state, text), call.name)
  return undefined
}

function changed(call: Call, word: Value, isInPlace: boolean): void {
  const path = resolvePath(call.state, word.text)
  if (isInPlace) writePlace(call.state, path, 'sed -i')
  else readPlace(call.state, path, 'sed')
  if (isInPlace && isSecret(call.state, path))
    possible(call.state, 'credential_read', path, `sed -i edits ${shown(path)}`)
}

/** What is packed is read; what is unpacked from elsewhere is from elsewhere. */
function archived(call: Call): Value | undefined {
  const first = call.args[0]?.text ?? ''
  const isOld = first !== '' && !first.startsWith('-')
  const all = isOld ? [{ text: `-${first}`, from: 0 }, ...call.args.slice(1)] : call.args
  const flags = readFlags(all, TAR_VALUED)
  if (has(flags, '-x', '--extract')) return extracted(call, flags)
  return has(flags, '-c', '--create', '-r', '-u', '--append') ? packed(call, flags) : undefined
}
const TAR_VALUED =
  '-f --file -C --directory -T --files-from -X --exclude-from --to-command --checkpoint-action -I --use-compress-program --exclude'

function extracted({ state, stdin }: Call, flags: Flags): undefined {
  const folder =
    valuesOf(flags, '-C', '--directory')[0]?.text ?? (has(flags, '-P', '--absolute-names') ? '/' : '.')
  const files = valuesOf(flags, '-f', '--file').map(({ text }) => madeFile(state, text) ?? NOTHING)
  unpackedTo(
    state,
    folder,
    [...files, stdin ?? NOTHING].reduce((from, value) => from | value.from, 0),
  )
}

function packed({ state }: Call, flags: Flags): Value {
  const folder = valuesOf(flags, '-C', '--directory').map(({ text }) => `${text}/`)[0] ?? ''
  const file = valuesOf(flags, '-f', '--file')[0]
  const places = flags.operands.map(({ text }) => (/^[/~]/.test(text) ? text : folder + text))
  const from = places.reduce((all, text) => all | readTree(state, text, 'tar'), 0)
  const isMoving = has(flags, '--remove-files')
  for (const text of isMoving ? places : [])
    deletePath(state, text, { isRecursive: true, by: 'tar --remove-files' })
  if (file === undefined || file.text === '-') return unknownFrom(LOCAL | from)
  writeFile(state, file, { value: unknownFrom(LOCAL | from), by: 'tar', isAppending: true })
  return NOTHING
}

function unpacked(call: Call): undefined {
  const flags = readFlags(call.args, '-d -P -x')
  if (has(flags, '-l', '-t', '-p', '-Z')) return undefined
  const file = flags.operands[0]
  unpackedTo(
    call.state,
    valuesOf(flags, '-d')[0]?.text ?? '.',
    file === undefined ? 0 : (madeFile(call.state, file.text)?.from ?? 0),
  )
  return undefined
}

function unpackedTo(state: State, folder: string, from: number): void {
  const path = cwdOrAbove(state, folder)
  filledPlace(state, path, 'unpacking')
  if ((from & REMOTE) !== 0) state.shared.files.set(path, { text: TREE, from: REMOTE })
}
