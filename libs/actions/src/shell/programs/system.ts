import { lineOf, readFlags, textsOf, valuesOf, type Call, type Program } from '../call.ts'
import { HELD } from '../data/held.ts'
import type { LineRow } from '../data/line-row.ts'
import { DATA_LINES } from '../data/lines-of-data.ts'
import { RIGHTS_LINES } from '../data/lines-of-rights.ts'
import { WATCH_LINES } from '../data/lines-of-watch.ts'
import { emit, deeper, possible, sure } from '../state.ts'
import {
  ENVIRONMENT,
  isKnown,
  joined,
  literal,
  NOTHING,
  SECRET,
  unknownFrom,
  WATCH,
  type Value,
} from '../text.ts'
import { filledPlace, isRemoteFile, readTree, writePlace } from '../files.ts'
import { resolvePath } from '../paths.ts'
import { cwdOf } from '../state.ts'
import { environmentShown, runShellText } from './shells.ts'

const LINES: readonly LineRow[] = [...DATA_LINES, ...RIGHTS_LINES, ...WATCH_LINES]

/** Facts of whole lines, by the table. */
const ROWS_OF: ReadonlyMap<string, readonly LineRow[]> = new Map(
  [...new Set(LINES.flatMap(([programs]) => programs.split(' ')))].map((name) => [
    name,
    LINES.filter(([programs]) => programs.split(' ').includes(name)),
  ]),
)

export const LINE_NAMES: readonly string[] = [...ROWS_OF.keys()]

export function lineFacts(call: Call): undefined {
  const whole = lineOf(call.args)
  const line = whole.slice(0, MAX_LINE)
  if (/^(?:--help|--version|-h|-V)$/.test(line)) return
  if (line !== whole) possible(call.state, 'unresolvable', call.name, 'more arguments than can be read')
  for (const [, pattern, kind, certainty, why] of ROWS_OF.get(call.name) ?? []) {
    if (pattern.test(line)) emit(call.state, { kind, certainty, operand: line, why: `${call.name} ${why}` })
  }
}
const MAX_LINE = 2048

/** Texts that a program runs, by the table. */
export function heldFacts(call: Call): undefined {
  const row = HELD[call.name]
  if (row === undefined || row.options === '') return
  if (/^(?:n?vim?|ex|view|less|more|man)$/.test(call.name)) plusCommands(call)
  const flags = readFlags(call.args, row.options)
  const options = row.options.split(' ')
  // Some take one dash before a long name.
  const joinedUp = call.args.flatMap((arg) =>
    options
      .filter((one) => /^-\w{2,}$/.test(one) && arg.text.startsWith(`${one}=`))
      .map((one) => ({ ...arg, text: arg.text.slice(one.length + 1) })),
  )
  for (const value of [...valuesOf(flags, ...options), ...joinedUp]) {
    if (row.only !== undefined && !row.only.test(value.text)) continue
    const text = row.prefix === undefined ? value.text : value.text.replace(row.prefix, '')
    if (/[\s/]/.test(text))
      runShellText({ ...call, name: `${call.name} option`, stdin: null }, { ...value, text })
  }
}

/** `+!command` and `+:!command` of pagers and editors; a script of theirs may come from the network. */
function plusCommands(call: Call): void {
  for (const arg of call.args) {
    const command = /^\+:?!(.+)$/s.exec(arg.text)?.[1]
    if (command !== undefined) runShellText({ ...call, stdin: null }, { ...arg, text: command })
    if (/^(?:so|source)!? \w+:\/\//.test(arg.text))
      sure(call.state, 'download_run', arg.text, `${call.name} runs what it fetches`)
  }
}

export const HELD_NAMES: readonly string[] = Object.keys(HELD)

export const SYSTEM: Readonly<Record<string, Program>> = {
  env: ({ state, args }) =>
    args.every(({ text }) => /^-|=/.test(text)) && !args.some(({ text }) => /^--(?:help|version)/.test(text))
      ? environmentShown(state, 'env')
      : undefined,
  printenv: ({ state, args }) => printedVariable(state, args),
  make: (call) => made(call),
  gmake: (call) => made(call),
  ...Object.fromEntries(
    ['ninja', 'cmake', 'meson', 'gradle', 'gradlew', 'mvn', 'bazel', 'rake', 'ant', 'scons', 'configure'].map(
      (name) => [name, built],
    ),
  ),
  just: (call) => {
    built(call)
    const at = call.args.findIndex(({ text }) => /^(?:--command|-c)$/.test(text))
    const inner = at === -1 ? null : deeper(call.state, 'just --command')
    return inner?.shared.run.words(inner, call.args.slice(at + 1), call.stdin)
  },
  at: (call) => later(call),
  batch: (call) => later(call),
  crontab: (call) => later(call),
  tmux: (call) => multiplexed(call),
  screen: (call) => multiplexed(call),
  kill: (call) => killed(call),
  docker: (call) => contained(call),
  podman: (call) => contained(call),
  kubectl: (call) => contained(call),
  psql: (call) => queried(call, '-c --command -d -h -U -p -f --file -v --variable'),
  mysql: (call) => queried(call, '-e --execute -h -u -P -D'),
  mariadb: (call) => queried(call, '-e --execute -h -u -P -D'),
  sqlite3: (call) => queried(call, '-cmd -separator'),
  sqlcmd: (call) => queried(call, '-Q -q -S -d -U -P'),
  duckdb: (call) => queried(call, '-c'),
  'clickhouse-client': (call) => queried(call, '-q --query'),
  cqlsh: (call) => queried(call, '-e'),
  bq: (call) => queried(call, ''),
  'redis-cli': (call) => {
    if (call.stdin !== null && /flush(?:all|db)/i.test(call.stdin.text))
      possible(call.state, 'data_destroy', 'redis', 'removes data')
    return undefined
  },
  disown: () => NOTHING,
  sendmail: () => undefined,
}

function printedVariable(state: Call['state'], args: readonly Value[]): Value {
  if (args.length === 0) return environmentShown(state, 'printenv')
  const name = args[0]?.text ?? ''
  const isSecret = /TOKEN|SECRET|PASSW|KEY|CREDENTIAL|DATABASE_URL/i.test(name)
  if (isSecret) possible(state, 'env_leak', name, 'prints a variable that holds a secret')
  return unknownFrom(isSecret ? ENVIRONMENT : 0)
}

/** Recipes are text for a shell: given in place, piped in, or in a directory that came from elsewhere. */
function made(call: Call): undefined {
  const flags = readFlags(call.args, '-f --file -C --directory -j -I -o --eval')
  const piped = valuesOf(flags, '-f', '--file').some(({ text }) => /^(?:-|\/dev\/stdin)$/.test(text))
    ? [call.stdin ?? NOTHING]
    : []
  for (const text of [...valuesOf(flags, '--eval'), ...piped]) recipe(call, text)
  for (const { text } of call.args) {
    const at = text.search(/:?=/)
    if (at > 0 && (/\$\(shell|`/.test(text) || text.startsWith('SHELL=')))
      recipe(call, literal(text.slice(at + 1)))
  }
  built(call)
}

function recipe(call: Call, text: Value): void {
  const lines = text.text
    .replaceAll(/\$\(shell ([^)]*)\)/g, '\n\t$1\n')
    .split(/\n|;/)
    .map((line) => line.replace(/^\s*[@+-]*/, ''))
  for (const line of lines)
    if (!/^[\w.-]+\s*:/.test(line) && line !== '')
      runShellText({ ...call, name: 'make recipe', stdin: null }, { ...text, text: line })
}

function built(call: Call): undefined {
  if (isRemoteFile(call.state, `${cwdOf(call.state)}/x`) || hasFetchedInput(call.state))
    sure(call.state, 'download_run', cwdOf(call.state), `${call.name} runs what was fetched from elsewhere`)
}

/** What a build reads of the directory it runs in. */
export const hasFetchedInput = (state: Call['state']): boolean =>
  BUILD_INPUTS.some((name) => isRemoteFile(state, `${cwdOf(state)}/${name}`))
const BUILD_INPUTS =
  'Makefile makefile GNUmakefile package.json setup.py pyproject.toml Cargo.toml build.rs build.gradle pom.xml CMakeLists.txt justfile Justfile Rakefile .npmrc Gemfile conftest.py build.xml'.split(
    ' ',
  )

function later(call: Call): Value | undefined {
  if (call.stdin !== null && !call.args.some(({ text }) => text === '-l')) {
    const text =
      call.name === 'crontab' ? call.stdin.text.replaceAll(/^(?:\S+\s+){5}/gm, '') : call.stdin.text
    if (isKnown(text)) runShellText({ ...call, stdin: null }, { ...call.stdin, text })
  }
  return undefined
}

/** `send-keys` types into a shell that nobody sees; a new session runs a command. */
function multiplexed(call: Call): undefined {
  const words = call.args.filter(
    ({ text }) =>
      !/^(?:-t|-d|-s|-n|Enter|C-m|send-keys|send|new-session|new|new-window|split-window|-dm?S?|-X|stuff|\d+|-p|-S|-c)$/.test(
        text,
      ),
  )
  const verb = textsOf(call.args).find((text) =>
    /^(?:send(?:-keys)?|send-prefix|new(?:-session|-window)?|neww|split(?:-window|w)?|run(?:-shell)?|respawn-\w+|pipe-pane|stuff|if-shell)$/.test(
      text,
    ),
  )
  const isTyping = verb !== undefined && /^(?:send|stuff)/.test(verb)
  if (isTyping) possible(call.state, 'opaque_exec', call.name, 'types into a session that nobody sees')
  const isScreen = call.name === 'screen' && call.args.some(({ text }) => /^-\w*d\w*m/.test(text))
  if (verb !== undefined || isScreen)
    runShellText({ ...call, stdin: null, name: call.name }, joined(words, ' '))
}

function killed(call: Call): undefined {
  if (call.args.some((arg) => (arg.from & (SECRET | WATCH)) !== 0 || /writ/i.test(arg.text)))
    sure(call.state, 'guard_tamper', lineOf(call.args), 'stops what keeps watch')
}

/** Inside a container or a pod another command runs; bound directories are where they come from. */
function contained(call: Call): Value | undefined {
  const flags = readFlags(
    call.args,
    '-v --volume -e --env --env-file --name -p --publish -w --workdir -u --user --network --net --mount -n --namespace -c --container -f --file --context -l --platform --entrypoint --label -m --memory --cpus --pid --cap-add --security-opt --device -H --host --add-host --ip --restart',
    false,
  )
  if (/^(?:container )?cp\b/.test(lineOf(flags.operands))) copiedAcross(call, flags.operands.slice(-2))
  const at = call.args.findIndex(({ text }) => /^(?:exec|run|debug)$/.test(text))
  if (at < 0) return undefined
  const after = readFlags(
    call.args.slice(at + 1),
    '-v --volume -e --env --env-file --name -p --publish -w --workdir -u --user --network --net --mount -n --namespace -c --container --platform --entrypoint --label -l -m --memory --cpus --pid --cap-add --security-opt --device --add-host --ip --restart --image -f --file',
    true,
  )
  const rest = after.operands.slice(1).filter(({ text }, n) => !(n === 0 && text === '--'))
  const inner = deeper(call.state, `${call.name} ${call.args[at]?.text ?? ''}`)
  if (inner === null || rest.length === 0) return undefined
  const mounts = [
    ...[...valuesOf(after, '-v', '--volume'), ...valuesOf(flags, '-v', '--volume')].map(({ text }) =>
      text.split(':'),
    ),
    ...valuesOf(after, '--mount').map(({ text }) => [
      /(?:^|,)(?:source|src)=([^,]*)/.exec(text)?.[1] ?? '',
      /(?:^|,)(?:destination|dst|target)=([^,]*)/.exec(text)?.[1] ?? '',
    ]),
  ]
  inner.shared.run.words(
    inner,
    rest.map((word) => mounted(word, mounts)),
    call.stdin,
  )
  return undefined
}

const isInContainer = ({ text }: Value): boolean => /^[\w./-]+:/.test(text)

/** Between here and a container, whose paths begin with its name and a colon. */
function copiedAcross({ state, name }: Call, [source = NOTHING, target = NOTHING]: readonly Value[]): void {
  if (!isInContainer(source)) readTree(state, source.text, `${name} cp`)
  if (isInContainer(target) || target.text === '-') return
  filledPlace(state, target.text, `${name} cp`)
  writePlace(state, resolvePath(state, `${target.text}/${source.text.split('/').at(-1) ?? ''}`), `${name} cp`)
}

/** A path inside a container is none here, unless it is bound to one. */
function mounted(word: Value, mounts: readonly (readonly string[])[]): Value {
  for (const [from = '', to = ''] of mounts) {
    if (to !== '' && word.text.startsWith(to))
      return { ...word, text: `${from.replace(/\/$/, '')}${word.text.slice(to.length)}` || '/' }
  }
  return /^[/~]/.test(word.text) && !/^\/(?:var\/)?run\/secrets/.test(word.text)
    ? { ...word, text: `/tmp/container${word.text.replace('~', '/home')}` }
    : word
}

/** Statements for a database: strings in them are not statements. */
function queried(call: Call, valued: string): undefined {
  const flags = readFlags(call.args, valued)
  const given = [
    ...valuesOf(flags, '-c', '--command', '-e', '--execute', '-Q', '-q', '--query', '-cmd'),
    ...flags.operands,
  ]
  for (const value of [...given, ...(call.stdin === null ? [] : [call.stdin])]) {
    statementFacts(call, value)
    for (const [, command = ''] of value.text.matchAll(OF_CLIENT))
      runShellText({ ...call, stdin: null }, { ...value, text: command })
  }
}

/** Commands of the client itself that start a shell. */
const OF_CLIENT = /^[ \t]*(?:\.(?:shell|system)|\\!|system)[ \t]+([^\n]+)$/gm

function statementFacts(call: Call, { text }: Value): void {
  for (const statement of text
    .replaceAll(/'(?:[^']|'')*'/g, "''")
    .replaceAll(/--.*$/gm, '')
    .split(';')) {
    const plain = statement.trim()
    const isDropping =
      /^(?:drop|truncate|alter\s+table\s+\S+\s+drop|flush|shutdown|revoke|delete\s+from\s+\S+\s*$|update\s+\S+\s+set\s+(?!.*\bwhere\b))/is.test(
        plain,
      )
    const isAll =
      /^delete\s+from\b(?!.*\bwhere\b)/is.test(plain) || /\bwhere\s+(?:1\s*=\s*1|true)\s*$/is.test(plain)
    if (isDropping || isAll)
      possible(call.state, 'data_destroy', plain.slice(0, 60), `${call.name} removes data`)
    if (/^copy\b.*\bprogram\b|\bload_extension\b|xp_cmdshell|\binto\s+(?:out|dump)file\b/is.test(plain))
      possible(call.state, 'opaque_exec', plain.slice(0, 60), `${call.name} runs a program`)
  }
}
