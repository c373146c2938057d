import { baseName } from '../disk.ts'
import { programOf, unwrapped } from './words.ts'

/** What a stdio server is, as far as its command line says. */
export type Launch = {
  /** program and package, image or script; not shown yet */
  readonly target: string
  /** whether what is fetched at each start is always the same; null: nothing is fetched */
  readonly pinned: boolean | null
  /** something from the network is run without being kept */
  readonly runsDownload: boolean
  /** the program of what says to be `writ connect`; null for everything else */
  readonly writ: string | null
  /** where a program goes that does nothing but speak to a remote server; null for everything else */
  readonly bridgesTo: string | null
}

export function launchOf(command: string, args: readonly string[]): Launch {
  const words = unwrapped(bounded(command), args.slice(0, MOST_WORDS).map(bounded))
  const fetched = fetchedBy(words)
  return {
    target: fetched === null ? localTarget(words) : `${fetched.by} ${fetched.named}`,
    pinned: fetched === null ? null : fetched.pinned,
    runsDownload: DOWNLOAD_RUN.test([command, ...args].join(' ').slice(0, 10_000)),
    writ: writIn(words),
    bridgesTo: bridgedBy(words),
  }
}

/** A program with more, or with longer, is not known by them. */
const MOST_WORDS = 500
const bounded = (word: string): string => word.slice(0, 8192)

/** `curl … | sh`, `sh <(wget …)`, `iex (irm …)`. */
export const DOWNLOAD_RUN =
  /\b(?:curl|wget|fetch|iwr|irm|invoke-webrequest|invoke-restmethod)\b[^]*\|\s*(?:sudo\s+)?(?:\S*\/)?(?:ba|z|da|k)?sh\b|\b(?:sh|bash|zsh|source|eval|iex|invoke-expression)\b[^]*(?:\$\(|<\(|`|\()\s*(?:curl|wget|fetch|iwr|irm|invoke-webrequest|invoke-restmethod)\b|\b(?:irm|iwr|invoke-\w+)\b[^]*\|\s*iex\b/i

function writIn([first = '', ...rest]: readonly string[]): string | null {
  const [program = '', verb] = programOf(first) === 'node' ? rest : [first, ...rest]
  return /^writ(?:\.mjs)?$/.test(programOf(program)) && verb === 'connect' ? program : null
}

const BRIDGE = /(?:^|[/ @])(?:mcp-remote|mcp-proxy|mcp-bridge|supergateway)(?:@|$|\b)/

const bridgedBy = (words: readonly string[]): string | null =>
  words.some((word) => BRIDGE.test(word)) ? (words.find((word) => /^https?:\/\//i.test(word)) ?? null) : null

/** `node server.js` names the script too. */
function localTarget([first = '', ...rest]: readonly string[]): string {
  const program = programOf(first)
  if (!/^(?:node|bun|deno|python[\d.]*|ruby|java|dotnet|php|perl|tsx|ts-node)$/.test(program)) return program
  const script = rest.find((word) => !word.startsWith('-') && word !== 'run')
  return script === undefined ? program : `${program} ${baseName(script)}`
}

type Fetched = { readonly by: string; readonly named: string; readonly pinned: boolean }

/** By runner: the words before the package, and what takes a value that is no package. */
const RUNNERS: readonly {
  readonly call: RegExp
  readonly skip: number
  readonly kind: 'npm' | 'python' | 'image'
}[] = [
  { call: /^(?:npx|pnpx|bunx)\b/, skip: 1, kind: 'npm' },
  { call: /^npm (?:exec|x)\b/, skip: 2, kind: 'npm' },
  { call: /^(?:pnpm|yarn) dlx\b|^bun x\b/, skip: 2, kind: 'npm' },
  { call: /^uvx\b/, skip: 1, kind: 'python' },
  { call: /^uv tool run\b/, skip: 3, kind: 'python' },
  { call: /^pipx run\b/, skip: 2, kind: 'python' },
  { call: /^(?:docker|podman|nerdctl) run\b/, skip: 2, kind: 'image' },
  { call: /^(?:docker|podman|nerdctl) container run\b/, skip: 3, kind: 'image' },
]

function fetchedBy(words: readonly string[]): Fetched | null {
  const [first = '', ...rest] = words
  const line = [programOf(first), ...rest.slice(0, 2)].join(' ')
  const runner = RUNNERS.find(({ call }) => call.test(line))
  if (runner === undefined) return remoteScript(first, rest)
  const named = NAMED[runner.kind](words.slice(runner.skip))?.slice(0, 512)
  if (named === undefined) return null
  const by = line.split(' ').slice(0, runner.skip).join(' ')
  return isLocalPath(named) ? null : { by, named: tidy(named), pinned: PINNED[runner.kind].test(named) }
}

const isLocalPath = (spec: string): boolean => /^(?:\.{0,2}[\\/]|file:|[A-Za-z]:[\\/])/.test(spec)
// A digest is not for reading, and what stands in a URL may be a secret.
const tidy = (spec: string): string =>
  spec
    .replace(/@sha256:.*/, '@sha256')
    .replace(/:\/\/[^/@]*@/, '://')
    .replace(/\?.*/, '')

const PINNED = {
  npm: /^(?:npm:)?(?:@[\w.-]+\/)?[\w.-]+@v?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$|#(?:commit[:=])?[0-9a-f]{40}$/i,
  python: /^[\w.[\],-]+(?:===?|@)v?\d+(?:\.\d+)+\w*$|@[0-9a-f]{40}(?:#.*)?$/i,
  // A digest, or a tag that at least names a version.
  image: /@sha256:[0-9a-f]{64}$|:(?!latest$)[\w.-]*\d[\w.-]*$/i,
} as const

const NAMED = {
  npm: (words: readonly string[]) =>
    optionOf(words, /^(?:-p|--package)$/) ??
    firstWord(words, /^(?:-c|--call|--registry|--userconfig|--prefix|-w|--workspace)$/),
  python: (words: readonly string[]) =>
    optionOf(words, /^(?:--from|--spec)$/) ??
    firstWord(words, /^(?:--with|--python|-p|--index-url|--index|--extra-index-url|--directory|--env-file)$/),
  image: (words: readonly string[]) => imageIn(words),
} as const

function optionOf(words: readonly string[], option: RegExp): string | null {
  for (const [at, word] of words.entries()) {
    const [name = '', value] = word.split(/=(.*)/s)
    if (option.test(name)) return value ?? words[at + 1] ?? null
  }
  return null
}

function firstWord(words: readonly string[], takesValue: RegExp): string | null {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (takesValue.test(word)) at += 1
    else if (!word.startsWith('-')) return word
  }
  return null
}

const IMAGE_SWITCH =
  /^(?:-[itdPq]+|--(?:rm|init|interactive|tty|detach|privileged|read-only|publish-all|quiet|no-healthcheck|oom-kill-disable|sig-proxy))$/

function imageIn(words: readonly string[]): string | null {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (!word.startsWith('-')) return word
    if (!IMAGE_SWITCH.test(word) && !word.includes('=')) at += 1
  }
  return null
}

/** `deno run https://…` and `deno run npm:…`. */
function remoteScript(first: string, rest: readonly string[]): Fetched | null {
  if (programOf(first) !== 'deno') return null
  const named = rest.find((word) => /^(?:https?|npm|jsr):/.test(word))
  return named === undefined ? null : { by: 'deno', named: tidy(named), pinned: PINNED.npm.test(named) }
}
