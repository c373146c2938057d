import { baseName } from '../disk.ts'

/** Of longer lines the beginning is looked at. */
const LONGEST = 8192

/** The words of a command line, by quotes and blanks: enough to see what is started, and no shell. */
export const wordsOf = (line: string): readonly string[] =>
  [...line.slice(0, LONGEST).matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/gs)]
    .slice(0, 500)
    .map(([word]) =>
      word.replaceAll(/"((?:\\.|[^"\\])*)"|'([^']*)'/gs, (_, double, single) => double ?? single),
    )

/** `/usr/bin/npx`, `npx.cmd` and `NPX.EXE` are `npx`. */
export const programOf = (word: string): string =>
  baseName(word)
    .replace(/\.(?:exe|cmd|bat|ps1|com)$/i, '')
    .toLowerCase()

/** Programs that run a command line, and the option before it. */
const COMMAND_OPTIONS: ReadonlyMap<string, RegExp> = new Map([
  ...['sh', 'bash', 'zsh', 'dash', 'ksh', 'fish', 'ash'].map((shell) => [shell, /^-[a-z]*c$/i] as const),
  ['cmd', /^\/[ck]$/i],
  ['powershell', /^-(?:c|command)$/i],
  ['pwsh', /^-(?:c|command)$/i],
])
const WRAPPERS = new Set([
  'sudo',
  'doas',
  'nohup',
  'nice',
  'time',
  'timeout',
  'setsid',
  'exec',
  'command',
  'stdbuf',
  'arch',
  'caffeinate',
  'env',
  'cross-env',
  'start',
])
const MOST_LAYERS = 8

/** What a command line starts in the end, without the shells and wrappers around it. */
export function unwrapped(command: string, args: readonly string[]): readonly string[] {
  let words = args.length === 0 && /\s/.test(command) ? wordsOf(command) : [command, ...args]
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) {
    const inner = innerOf(words)
    if (inner === null || inner.length === 0) return words
    words = inner
  }
  return words
}

/** null: it wraps nothing. */
function innerOf([first = '', ...rest]: readonly string[]): readonly string[] | null {
  const program = programOf(first)
  const option = COMMAND_OPTIONS.get(program)
  if (option !== undefined) return afterOption(rest, option)
  if (program === 'node' && /npx-cli\.[cm]?js$/.test(rest[0] ?? '')) return ['npx', ...rest.slice(1)]
  if (/^[A-Za-z_]\w*=/.test(first)) return rest
  if (!WRAPPERS.has(program)) return null
  const start = rest.findIndex((word) => !/^(?:-|\w+=|\d+[smhd]?$)/.test(word))
  return start === -1 ? null : rest.slice(start)
}

function afterOption(words: readonly string[], option: RegExp): readonly string[] | null {
  const at = words.findIndex((word) => option.test(word))
  if (at === -1) return null
  const [line = '', ...more] = words.slice(at + 1)
  return more.length === 0 ? wordsOf(line) : [...(/\s/.test(line) ? wordsOf(line) : [line]), ...more]
}
