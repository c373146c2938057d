import { has, printedFrom, readFlags, textsOf, valuesOf, type Call, type Program } from '../call.ts'
import { isRemoteFile, readFile } from '../files.ts'
import { GREP_VALUED } from '../operands.ts'
import { resolvePath } from '../paths.ts'
import { possible } from '../state.ts'
import {
  DECODED,
  isFrom,
  isKnown,
  joined,
  LINES,
  literal,
  LOCAL,
  NOTHING,
  REMOTE,
  STAR,
  UNKNOWN,
  unknownFrom,
  type Value,
} from '../text.ts'
import { escapes } from './printf.ts'
import { IDIOM } from './shells.ts'
import { translated, withoutHex, xxdReversed } from './decoding.ts'

/** Programs that print what they read or are told, changed or not. */
export const FILTERS: Readonly<Record<string, Program>> = {
  echo: (call) => {
    const flags = /^-[neE]+$/.test(call.args[0]?.text ?? '') ? call.args[0]?.text : undefined
    const value = joined(flags === undefined ? call.args : call.args.slice(1), ' ')
    shownSecrets(call)
    const text = flags?.includes('e') === true ? escapes(value.text) : value.text
    return { ...value, text: flags?.includes('n') === true ? text : `${text}\n` }
  },
  ...Object.fromEntries(
    [
      'cat',
      'head',
      'tail',
      'sort',
      'uniq',
      'nl',
      'bat',
      'batcat',
      'less',
      'more',
      'pv',
      'fmt',
      'fold',
      'strings',
      'iconv',
      'dos2unix',
      'column',
      'zcat',
      'grep',
      'egrep',
      'fgrep',
      'tac',
    ].map((name) => [name, passed]),
  ),
  ls: ({ state, args }) => ({
    text: listed(textsOf(readFlags(args, '-I -w -T').operands), state.vars.get('PWD')?.[0]?.text),
    from: LOCAL,
  }),
  dir: ({ args }) => ({ text: listed(textsOf(args), undefined), from: LOCAL }),
  yes: (call) => ({
    ...joined(call.args, ' '),
    text: call.args.length === 0 ? 'y\n' : `${joined(call.args, ' ').text}\n`,
  }),
  rev: (call) =>
    changed(call, (text) =>
      text
        .split('\n')
        .map((line) => Array.from(line).toReversed().join(''))
        .join('\n'),
    ),
  tr: (call) => {
    const flags = readFlags(call.args)
    const [from = '', to = ''] = textsOf(flags.operands)
    return changed({ ...call, args: [] }, (text) =>
      translated(text, { from, to, isDeleting: has(flags, '-d', '--delete') }),
    )
  },
  sed: (call) => {
    const [script = ''] = textsOf(readFlags(call.args, '-e').operands)
    const match = /^s(.)(.*?)\1(.*?)\1([gI]*)$/.exec(script)
    if (match === null || !/^[\w /.,:;@#%+=-]*$/.test(match[2] ?? '')) return undefined
    const [, , what = '', by = '', how = ''] = match
    return changed({ ...call, args: [] }, (text) =>
      how.includes('g') ? text.replaceAll(what, () => by) : text.replace(what, () => by),
    )
  },
  cut: (call) => printedFrom(call.stdin),
  base64: (call) => decoder(call, (text) => Buffer.from(text, 'base64').toString('utf8')),
  base32: (call) => decoder(call, null),
  basenc: (call) => decoder(call, null),
  xxd: (call) =>
    has(readFlags(call.args, '-c -l -s -g'), '-r', '-revert')
      ? decoded(call, xxdReversed)
      : printedFrom(call.stdin),
  uudecode: (call) => decoded(call, null),
  gunzip: (call) => decoded(call, null),
  gzip: (call) => decoder(call, null),
  bunzip2: (call) => decoded(call, null),
  unxz: (call) => decoded(call, null),
  xz: (call) => decoder(call, null),
  zstd: (call) => decoder(call, null),
  unzstd: (call) => decoded(call, null),
  openssl: (call) =>
    call.args.some(({ text }) => /^(?:enc|base64|-d|zlib)$/.test(text))
      ? decoder(call, opensslText(call))
      : undefined,
  gpg: (call) => (has(readFlags(call.args), '-d', '--decrypt') ? decoded(call, null) : undefined),
  perl: (call) =>
    /unpack|pack|chr/.test(joined(call.args, ' ').text) && call.stdin !== null
      ? decoded(call, null)
      : undefined,
  od: (call) => printedFrom(call.stdin),
  pwd: ({ state }) => state.vars.get('PWD')?.[0] ?? NOTHING,
  whoami: ({ state }) => literal(state.shared.context.home.split('/').at(-1) ?? ''),
  mktemp: (call) =>
    literal(`${valuesOf(readFlags(call.args, '-p --tmpdir'), '-p')[0]?.text ?? '/tmp'}/tmp.${UNKNOWN}`),
  basename: ({ args }) => ({
    ...(args[0] ?? NOTHING),
    text: (args[0]?.text ?? '').replace(/\/+$/, '').split('/').at(-1) ?? '',
  }),
  dirname: ({ args }) => {
    const text = args[0]?.text ?? ''
    return literal(text.includes('/') ? text.slice(0, text.lastIndexOf('/')) || '/' : '.')
  },
  realpath: (call) => literal(resolvePath(call.state, call.args.at(-1)?.text ?? '.')),
  readlink: (call) => literal(resolvePath(call.state, call.args.at(-1)?.text ?? '.')),
  which: ({ args }) => literal(args.at(-1)?.text ?? ''),
  command: ({ args }) => literal(args.at(-1)?.text ?? ''),
  whereis: ({ args }) => literal(args.at(-1)?.text ?? ''),
  seq: () => literal('1'),
  true: () => NOTHING,
  ':': () => NOTHING,
  false: () => NOTHING,
  sleep: () => NOTHING,
  test: () => NOTHING,
  '[': () => NOTHING,
  pgrep: ({ args }) => literal(`${joined(args, ' ').text}${UNKNOWN}`),
  pidof: ({ args }) => literal(`${joined(args, ' ').text}${UNKNOWN}`),
  wc: () => unknownFrom(0),
  ...Object.fromEntries(
    [
      'ssh-agent',
      'direnv',
      'pyenv',
      'rbenv',
      'nodenv',
      'fnm',
      'mise',
      'asdf',
      'starship',
      'zoxide',
      'brew',
      'dircolors',
      'lesspipe',
      'keychain',
      'opam',
      'conda',
      'thefuck',
      'jenv',
      'goenv',
      'luarocks',
      'resize',
      'register-python-argcomplete',
      'micromamba',
      'hub',
    ].map((name) => [name, setUp]),
  ),
}

const listed = (words: readonly string[], cwd: string | undefined): string =>
  (words.length > 0 ? words : [`${cwd ?? ''}/${STAR}`]).join('\n')

/** `eval "$(pyenv init -)"` and its kin: set-up that the tool itself prints. */
function setUp({ name, args }: Call): Value | undefined {
  const line = textsOf(args).join(' ')
  return /^(?:ssh-agent|dircolors|lesspipe|resize)$/.test(name) ||
    /^(?:-s|init|hook|env|activate|shellenv|shell|-b|completions?|export)\b/.test(line)
    ? literal(IDIOM)
    : undefined
}

/** Everything that comes out of a reader: files in order, else what is piped in. */
function inputOf(call: Call): Value {
  const isGrep = call.name.endsWith('grep')
  const flags = readFlags(call.args, isGrep ? GREP_VALUED : '-n -c -k -t -w -s -m --lines --bytes')
  const isSaid = !isGrep || has(flags, '-e', '--regexp', '-f', '--file')
  const files = (isSaid ? flags.operands : flags.operands.slice(1)).filter(({ text }) => text !== '-')
  if (files.length === 0) return call.stdin ?? NOTHING
  const read = files.map((file) => {
    const value = readFile(call.state, file, call.name)
    return isRemoteFile(call.state, file.text) ? { ...value, from: value.from | REMOTE } : value
  })
  return joined(read)
}

function passed(call: Call): Value {
  const input = inputOf(call)
  if (/^(?:zcat|strings)$/.test(call.name)) return unknownFrom(input.from | DECODED | LOCAL)
  if (isCut(call)) return unknownFrom(input.from | LOCAL)
  return CHOOSING.test(call.name) ? { ...input, from: input.from | LINES } : input
}

/** These leave lines out, or change their order. */
const CHOOSING = /^(?:head|tail|sort|uniq|tac|[ef]?grep)$/

/** What comes out is no whole lines of what went in: parts of lines, or lines that were put together or numbered. */
function isCut({ name, args }: Call): boolean {
  const flags = readFlags(args, '-n -m -A -B -C')
  if (/^(?:head|tail)$/.test(name)) return has(flags, '-c', '--bytes')
  if (name.endsWith('grep')) return has(flags, '-o', '--only-matching')
  return /^(?:fold|fmt|column|nl|iconv)$/.test(name) || (name === 'cat' && has(flags, '-n', '-b', '--number'))
}

const changed = (call: Call, change: (text: string) => string): Value => {
  const input = inputOf(call)
  return isKnown(input.text)
    ? { text: change(input.text), from: input.from }
    : unknownFrom(input.from | LOCAL)
}

function decoder(call: Call, decode: ((text: string) => string) | null): Value {
  const flags = readFlags(call.args, '-w --wrap')
  return has(flags, '-d', '--decode', '--decompress', '-D')
    ? decoded(call, decode)
    : printedFrom(inputOf({ ...call, args: flags.operands }))
}

/** What is decoded is known where the decoding is simple, and never innocent where it is not. */
function decoded(call: Call, decode: ((text: string) => string) | null): Value {
  const operands = readFlags(call.args, '-w --wrap -in -out -k -pass -f').operands.filter(
    ({ text }) => !/^(?:enc|base64|base32)$/.test(text),
  )
  const input = inputOf({ ...call, args: operands })
  if (decode === null || !isKnown(input.text))
    return unknownFrom(input.from | DECODED | (isFrom(input, REMOTE) ? REMOTE : LOCAL))
  const text = decode(withoutHex(input.text))
  return text.includes('\ufffd')
    ? unknownFrom(input.from | DECODED)
    : { text: text.replaceAll(/[\ue000-\ue006]/g, '?'), from: input.from }
}

const opensslText = (call: Call) =>
  call.args.some(({ text }) => /^(?:base64|-base64|-a|-A)$/.test(text))
    ? (text: string) => Buffer.from(text, 'base64').toString('utf8')
    : null

/** Secrets of the environment that are printed by name. */
function shownSecrets(call: Call): void {
  if (call.args.some((arg) => isFrom(arg, 4)))
    possible(call.state, 'env_leak', 'variable', 'prints a variable that holds a secret')
}
