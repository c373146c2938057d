import type { Call } from '../call.ts'
import {
  DECODES,
  DELETES,
  ENVIRONMENT_WHOLE,
  EVALUATES,
  HIDES,
  HOME_DIRECTORY,
  READS,
  RUNS,
  RUNS_IN_BACKTICKS,
  SHOWS,
  SPEAKS,
  STARTS_SHELL,
  WIRES_SHELL,
  WRITES,
} from '../data/code.ts'
import { deletePath, isRemoteFile, readPlace } from '../files.ts'
import { hostOf, isLoopback, isMetadata, isTrusted } from '../hosts.ts'
import { isSecretName } from '../parameters.ts'
import { absoluteOf, resolvePath, withTilde } from '../paths.ts'
import { guardOf, lossOf, persistenceOf } from '../places.ts'
import { deeper, possible, sayWhere, spend, sure, use, type State } from '../state.ts'
import { isFrom, isKnown, LOCAL, REMOTE, SECRET, unknownFrom, UNKNOWN, type Value, DECODED } from '../text.ts'
import { codeParts, decodedLiterals, type CodeParts } from './code-parts.ts'

type Scanned = CodeParts & { readonly state: State; readonly language: string }

/** Looks over a piece of code for what its words and strings say; it is not parsed. Returns what it may print. */
export function scanCode(call: Call, code: Value): Value {
  const state = deeper(call.state, `${call.name} code`)
  if (state === null || !spend(state, 4 + code.text.length / 64)) return unknownFrom(LOCAL)
  if (isFrom(code, REMOTE))
    sure(state, 'download_run', call.name, 'runs code that was fetched from elsewhere')
  else if (isFrom(code, DECODED))
    sure(state, 'destructive_delete', call.name, 'runs code that was decoded and cannot be read')
  else if (code.text.trim() === UNKNOWN)
    possible(state, 'opaque_exec', call.name, 'runs code that is not known')
  const parts = codeParts(code.text, call.name, state.shared.context.home)
  const scanned: Scanned = { ...parts, state, language: call.name }
  const from = readsOf(scanned)
  for (const scan of [deletions, executions, environment, writes, hidden]) scan(scanned)
  imported(scanned)
  const fetched = network(scanned, from)
  if (fetched === REMOTE && isWriting(scanned)) keepFetched(scanned)
  return unknownFrom(LOCAL | from | fetched)
}

/** Code of a file beside it that came from elsewhere. */
function imported({ state, words, strings, language }: Scanned): void {
  const named = [...words.matchAll(/\b(?:import|from|require)\s+([\w.]+)/g)].map(
    ([, name = '']) => `${name.split('.')[0] ?? ''}.py`,
  )
  const beside = strings
    .filter(
      (text) => /^\.{0,2}\/?[\w./-]+$/.test(text) && /\b(?:import|require|load|source|include)\b/.test(words),
    )
    .flatMap((text) => [text, `${text}.js`, `${text}.rb`, `${text}.php`])
  const file = [...named, ...beside].slice(0, MAX_IMPORTS).find((one) => isRemoteFile(state, one))
  const url = /\b(?:import|require|importScripts)\b/.test(words)
    ? strings.find((text) => /^https?:\/\//i.test(text))
    : undefined
  if (url !== undefined) sure(state, 'download_run', url, `${language} runs a module from the network`)
  if (file !== undefined)
    sure(state, 'download_run', file, `${language} runs what was fetched from elsewhere`)
}
const MAX_IMPORTS = 32

/** Code that fetches and writes: what it may have written is from elsewhere. */
function keepFetched(scanned: Scanned): void {
  const { state } = scanned
  for (const text of scanned.strings.filter((one) => /^[\w./~-]{1,128}$/.test(one))) {
    state.shared.files.set(absoluteOf(state, text), unknownFrom(REMOTE))
  }
}

/** Strings as paths; a home directory that the code computes stands in front of those that begin with a slash. */
function pathsOf({ state, words, strings }: Scanned): readonly string[] {
  const tilded = strings.map((text) => withTilde(state, text))
  if (!HOME_DIRECTORY.test(words)) return tilded
  const { home } = state.shared.context
  const below = strings
    .filter((text) => /^[./]|^[\w-]+$/.test(text))
    .map((text) => `${home}/${text.replace(/^~?\//, '')}`)
  return [...tilded, ...below]
}

function readsOf(scanned: Scanned): number {
  const { state, words, language } = scanned
  if (!READS.test(words) && !SPEAKS.test(words)) return 0
  return pathsOf(scanned)
    .filter((path) => isPathLike(path))
    .reduce((from, path) => from | readPlace(state, resolvePath(state, path), language), 0)
}

const isPathLike = (text: string): boolean =>
  text.length < MAX_PATH && !/[\s;|&<>]/.test(text.replaceAll(/\\ /g, '')) && /[./\w]/.test(text)
const MAX_PATH = 512

function deletions(scanned: Scanned): void {
  const { state, words, strings, language, all } = scanned
  if (!DELETES.test(HIDES.test(words) ? all : words)) return
  const paths = pathsOf(scanned).filter((path) => isPathLike(path))
  for (const path of paths) {
    if (!/^[\w-]+$/.test(path) || strings.length < 3)
      deletePath(state, path, { isRecursive: /tree|_rf?\b|recursive|\brm/i.test(words), by: language })
  }
  const isHome = HOME_DIRECTORY.test(words) && !strings.some((text) => /^\.?\/?[\w.-]+\//.test(text))
  if (isHome && /(?:rmtree|rm\w*|remove_tree|rm_rf)\s*\(?[^)]*(?:home|HOME)/i.test(words)) {
    sure(state, 'destructive_delete', state.shared.context.home, `${language} removes the home directory`)
  }
}

function executions(scanned: Scanned): void {
  const { state, strings, lists, language } = scanned
  if (!isRunning(scanned)) return
  for (const text of [...lists, ...strings].filter((one) => isKnown(one) && /[a-z]/i.test(one))) {
    state.shared.run.text(state, { text, from: 0 }, null)
  }
  if (strings.length === 0 && !language.endsWith('awk')) {
    possible(state, 'opaque_exec', language, 'runs a program that the code does not name')
  }
}

const isRunning = ({ words, language }: Scanned): boolean =>
  RUNS.test(words) ||
  (RUNS_IN_BACKTICKS.test(language) && words.includes('`')) ||
  (language.endsWith('awk') && words.includes('|'))

function environment({ state, words, strings, language }: Scanned): void {
  if (ENVIRONMENT_WHOLE.test(words)) {
    if (SHOWS.test(words) || SPEAKS.test(words)) sure(state, 'env_leak', language, 'shows all variables')
    return
  }
  const named = [...strings, ...words.split(/[^\w]+/)].filter(
    (text) => /^[A-Z][A-Z0-9_]{3,}$/.test(text) && isSecretName(text),
  )
  if (named.length > 0 && /env/i.test(words) && SHOWS.test(words))
    possible(state, 'env_leak', named[0] ?? '', 'shows a variable that holds a secret')
}

function writes(scanned: Scanned): void {
  const { state, language } = scanned
  if (!isWriting(scanned)) return
  for (const text of pathsOf(scanned).filter((path) => isPathLike(path))) {
    const path = resolvePath(state, text)
    sayWhere(state, path, [
      [guardOf(state, path), 'guard_tamper', 'sure', `${language} changes ${path}`],
      [
        persistenceOf(state, path) === 'sure',
        'persistence',
        'sure',
        `${language} changes ${path}, which runs later`,
      ],
      [
        text.startsWith('/') && lossOf(state, path, false) === 'sure',
        'destructive_delete',
        'possible',
        `${language} may overwrite ${path}`,
      ],
    ])
  }
}

const isWriting = ({ words, strings, language }: Scanned): boolean =>
  (WRITES.test(words) || DELETES.test(words)) &&
  (strings.some((text) => /^[waxr]b?\+?$/.test(text) && text !== 'r' && text !== 'rb') ||
    /writ|append|copy|cp|rename|move|symlink|put/i.test(words) ||
    (language.endsWith('awk') && words.includes('>')))

function network(scanned: Scanned, from: number): number {
  if (!isSpeaking(scanned)) return 0
  const { state, words, all, language } = scanned
  const hosts = hostsOf(scanned)
  for (const host of hosts) use(state, 'connect', host)
  const away = hosts.find((host) => !isLoopback(host))
  sayWhere(state, away ?? '', [
    [
      hosts.some((host) => isMetadata(host)),
      'credential_read',
      'sure',
      `${language} asks the metadata service of the cloud`,
    ],
    [isGivingShell(words, all), 'reverse_shell', 'sure', 'gives a shell to another host'],
  ])
  if (hosts.length > 0 && away === undefined) return 0
  sayWhere(state, away ?? '', [
    [(from & SECRET) !== 0, 'exfiltration', 'sure', 'sends a secret to another host'],
    [isSending(scanned, away), 'exfiltration', 'possible', 'sends a file to another host'],
  ])
  if (EVALUATES.test(words) || RUNS.test(words)) runsFetched(state, words, away)
  return REMOTE
}

const isGivingShell = (words: string, all: string): boolean =>
  /socket|Socket|fsockopen/.test(words) && WIRES_SHELL.test(words) && STARTS_SHELL.test(all)

const isSpeaking = ({ words, strings }: Scanned): boolean =>
  SPEAKS.test(words) ||
  ((EVALUATES.test(words) || /\bcopy\b/.test(words)) && strings.some((text) => /^https?:\/\//.test(text)))

const hostsOf = ({ strings }: Scanned): readonly string[] =>
  strings.filter((text) => /:\/\/|^[\w-]+(?:\.[\w-]+)+$/.test(text)).map((text) => hostOf(text))

const isSending = ({ state, words }: Scanned, away: string | undefined): boolean =>
  away !== undefined &&
  !isTrusted(state, away) &&
  /POST|PUT|data\s*=|body|send|post|put/.test(words) &&
  READS.test(words)

function runsFetched(state: State, words: string, away: string | undefined): void {
  if (
    /\b(?:eval|exec|compile|Function|iex|invoke-expression|system|load|source|include|instance_eval|runIn\w+)\b/i.test(
      words,
    )
  ) {
    sure(state, 'download_run', away ?? '', 'runs what it fetches')
  } else if (/\b(?:subprocess|execSync|spawn\w*|popen)\b/i.test(words))
    possible(state, 'download_run', away ?? '', 'may run what it fetches')
}

/** Names that are made of strings: what the strings say, put together, is read as if it were code and as commands. */
function hidden(scanned: Scanned): void {
  const { state, words, strings, language, all } = scanned
  const decoded = DECODES.test(words) ? decodedLiterals(scanned) : []
  if (!HIDES.test(words) && !(decoded.length > 0 && RUNS.test(words))) return
  for (const text of [...strings, ...decoded].filter(
    (one) => isKnown(one) && /[a-z]/i.test(one) && /\s|\//.test(one),
  )) {
    state.shared.run.text(state, { text, from: 0 }, null)
  }
  const evaluated = /\b(?:eval|exec|Function|compile)\b/.test(words) ? strings : []
  for (const text of [...decoded, ...evaluated].filter((one) => /[(=]/.test(one) && one !== all)) {
    scanCode({ state, name: language, args: [], stdin: null }, { text, from: 0 })
  }
  possible(state, 'opaque_exec', language, 'the code hides what it calls')
}
