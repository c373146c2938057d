import { inArgs } from '../credentials/in-args.ts'
import type { Held } from '../credentials/held.ts'
import { inAnyPlace, inNamedPlace, inSecretPlace, standingAt, unsecret } from '../credentials/held.ts'
import { inUrl } from '../credentials/in-url.ts'
import { urlPartsOf } from '../credentials/url-parts.ts'
import { namesSecret } from '../credentials/patterns.ts'
import type { Table, Value } from '../reading/value.ts'
import { isList, isTable, pairsIn, tableAt, textIn, textsIn } from '../reading/value.ts'
import { unwrapped } from './words.ts'

/** One server as a client's configuration says it; every client's words for the same things. */
export type Entry = {
  readonly enabled: boolean
  readonly command: string | null
  readonly args: readonly string[]
  readonly url: string | null
  readonly held: readonly Held[]
}

const URLS = ['url', 'serverUrl', 'httpUrl', 'uri', 'endpoint', 'baseUrl']

/** null: it says neither what to start nor where to go, and nothing that looks like a server. */
export function entryOf(value: Value): Entry | null {
  if (typeof value === 'string') return /^https?:/i.test(value) ? entryOf(new Map([['url', value]])) : null
  if (!isTable(value)) return null
  const { command, args } = startOf(value)
  const url = textIn(value, ...URLS)
  if (
    command === null &&
    url === null &&
    !/^(?:stdio|sse|http)/.test(textIn(value, 'type', 'transport') ?? '')
  )
    return null
  return {
    enabled: value.get('disabled') !== true && value.get('enabled') !== false,
    command,
    args,
    url,
    held: [
      ...heldBy(value),
      ...standingAt(value.has('args') ? ['args'] : [], heldByStart(command, args)),
      ...standingAt(URLS.filter((name) => value.get(name) === url).slice(0, 1), heldByUrl(url)),
    ],
  }
}

/** `command` is a text, a list with the arguments, or a table `{ path, args }`; Goose calls it `cmd`. */
function startOf(entry: Table): { readonly command: string | null; readonly args: readonly string[] } {
  const args = textsIn(entry.get('args') ?? entry.get('arguments'))
  const command = entry.get('command') ?? entry.get('cmd')
  if (isTable(command))
    return { command: textIn(command, 'path', 'command'), args: textsIn(command.get('args')) }
  if (isList(command)) {
    const [first = null, ...rest] = textsIn(command)
    return { command: first, args: [...rest, ...args] }
  }
  return { command: typeof command === 'string' && command !== '' ? command : null, args }
}

function heldByStart(command: string | null, args: readonly string[]): readonly Held[] {
  if (command === null) return []
  const seen = inArgs([command, ...args])
  const words = unwrapped(command, args)
  // The words of `sh -c "…"` one by one as well: a secret after an option is seen only so.
  const inner = words.length === args.length + 1 && words[0] === command ? [] : inArgs(words)
  return [...seen, ...inner]
}

const heldByUrl = (text: string | null): readonly Held[] => {
  const url = text === null ? null : urlPartsOf(text)
  if (url !== null) return inUrl(url)
  return text === null ? [] : inAnyPlace(text, { part: 'url', name: null })
}

const ENVIRONMENTS = ['env', 'environment', 'envs']
const HEADERS = ['headers', 'http_headers', 'httpHeaders', 'requestHeaders']

function heldBy(entry: Table): readonly Held[] {
  return [
    ...heldInParts(entry, []),
    ...['command', 'requestInit', 'transport'].flatMap((name) => heldInParts(tableAt(entry, name), [name])),
    ...handedOn(entry),
    ...oauthIn(entry),
    ...certificatesIn(entry),
    ...otherMembers(entry),
  ]
}

const heldInParts = (table: Table | null, path: readonly string[]): readonly Held[] => [
  ...ENVIRONMENTS.flatMap((part) =>
    pairsIn(table?.get(part)).flatMap(([name, text]) =>
      standingAt([...path, part, name], inVariable(name, text)),
    ),
  ),
  ...HEADERS.flatMap((part) =>
    pairsIn(table?.get(part)).flatMap(([name, text]) =>
      standingAt([...path, part, name], inHeader(name, text)),
    ),
  ),
]

/** The value of a variable may be an address with a secret in it. */
function inVariable(name: string, text: string): readonly Held[] {
  const held = inNamedPlace(name, text, 'env')
  const url = held.length === 0 ? urlPartsOf(text) : null
  return url === null ? held : inUrl(url)
}

const PLAIN_HEADER = /^(?:accept|content-type|user-agent|origin|referer|mcp-protocol-version)/i

function inHeader(name: string, text: string): readonly Held[] {
  if (/^dpop$/i.test(name)) return [unsecret('dpop', 'header', name)]
  if (PLAIN_HEADER.test(name)) return inAnyPlace(text, { part: 'header', name })
  return /^(?:proxy-)?authorization$/i.test(name)
    ? inSecretPlace(text, { part: 'header', name })
    : inNamedPlace(name, text, 'header')
}

/** What the client takes from its environment or its keychain and hands to the server. */
function handedOn(entry: Table): readonly Held[] {
  const bearer = textIn(entry, 'bearer_token_env_var')
  const helper = textIn(entry, 'headersHelper', 'headers_helper', 'tokenCommand')
  return [
    ...(bearer === null ? [] : [unsecret('reference', 'env', bearer)]),
    ...pairsIn(entry.get('env_http_headers')).map(([name]) => unsecret('reference', 'header', name)),
    ...textsIn(entry.get('env_vars'))
      .filter(namesSecret)
      .map((name) => unsecret('reference', 'env', name)),
    ...textsIn(entry.get('env_keys')).map((name) => unsecret('keychain', 'env', name)),
    ...(textIn(entry, 'envFile', 'env_file') === null ? [] : [unsecret('reference', 'env', 'envFile')]),
    ...(helper === null ? [] : [unsecret('reference', 'header', 'headersHelper'), ...inArgs([helper])]),
  ]
}

function oauthIn(entry: Table): readonly Held[] {
  const parts = [entry.get('oauth'), entry.get('auth'), entry.get('authorization')].filter(isTable)
  const secrets = parts
    .flatMap(pairsIn)
    .filter(([name]) => /secret|token|password|key/i.test(name) && !/url|uri|endpoint|id$/i.test(name))
    .flatMap(([name, text]) => inSecretPlace(text, { part: 'config', name }))
  const says =
    parts.length > 0 ||
    entry.get('oauth') === true ||
    entry.get('auth') === 'oauth' ||
    textIn(entry, 'authProviderType', 'auth_provider_type') !== null
  return says ? [unsecret('oauth', 'config'), ...secrets] : secrets
}

const CERTIFICATES = ['cert', 'clientCert', 'client_cert', 'certificate', 'clientCertificate', 'certFile']

const certificatesIn = (entry: Table): readonly Held[] =>
  [entry, tableAt(entry, 'tls'), tableAt(entry, 'mtls')].some(
    (table) => table !== null && textIn(table, ...CERTIFICATES) !== null,
  )
    ? [unsecret('mtls', 'config')]
    : []

/** Members that no client documents may hold a secret all the same: `apiKey`, `token`. */
const otherMembers = (entry: Table): readonly Held[] =>
  pairsIn(entry)
    .filter(([name]) => !KNOWN_MEMBERS.test(name))
    .flatMap(([name, text]) => standingAt([name], inNamedPlace(name, text, 'config')))

const KNOWN_MEMBERS =
  /^(?:command|cmd|url|serverUrl|httpUrl|uri|endpoint|baseUrl|type|transport|description|name|cwd|timeout|bearer_token_env_var|headersHelper|headers_helper|tokenCommand|envFile|env_file|authProviderType|auth_provider_type|oauth|auth)$/
