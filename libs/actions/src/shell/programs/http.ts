import { has, readFlags, textsOf, valuesOf, type Call, type Flags } from '../call.ts'
import { readFile, writeFile } from '../files.ts'
import { hostOf, isLoopback, isMetadata, isTrusted } from '../hosts.ts'
import { isSecretName } from '../parameters.ts'
import { possible, sayWhere, sure, use } from '../state.ts'
import {
  ENVIRONMENT,
  isKnown,
  joined,
  literal,
  LOCAL,
  NOTHING,
  REMOTE,
  shown,
  unknownFrom,
  UNKNOWN,
  type Value,
} from '../text.ts'
import { outgoing } from './outgoing.ts'
import { scripted } from './transfers.ts'

const CURL_VALUED =
  '-d --data --data-raw --data-binary --data-ascii --data-urlencode --json -F --form --form-string -T --upload-file -o --output -H --header -X --request -u --user -A --user-agent -b --cookie -c --cookie-jar -e --referer -x --proxy --noproxy -K --config --unix-socket --cacert --cert --key -E --connect-timeout -m --max-time --retry --resolve --connect-to -w --write-out --url -r --range --output-dir --interface --limit-rate -D --dump-header --trace --trace-ascii --stderr --etag-save --etag-compare --hsts --alt-svc --libcurl --url-query --variable --abstract-unix-socket -C --continue-at -z --time-cond --ciphers --capath -Q --quote --oauth2-bearer --aws-sigv4 --socks5 --socks5-hostname --socks4 --preproxy --netrc-file --proxy-user -U --dns-servers --doh-url'

export function curl(call: Call): Value {
  const flags = readFlags(call.args, CURL_VALUED)
  const urls = [...flags.operands, ...valuesOf(flags, '--url')]
  for (const config of valuesOf(flags, '-K', '--config')) curlConfig(call, config)
  watched(call, flags)
  const local = urls
    .filter(({ text }) => text.startsWith('file://'))
    .map((url) => readFile(call.state, url, 'curl'))
  const remote = urls.filter(({ text }) => !text.startsWith('file://'))
  const request = { bodies: bodiesOf(call, flags), isUpload: sendsFile(flags), isSending: sendsWords(flags) }
  for (const url of [...remote, ...elsewhere(flags)]) requested(call, url, request)
  for (const file of writtenBeside(flags))
    writeFile(call.state, file, { value: unknownFrom(REMOTE), by: 'curl', isAppending: true })
  return saved(call, {
    flags,
    printed: remote.length > 0 ? unknownFrom(REMOTE) : joined(local),
    urls: remote,
  })
}

/** Who is spoken with in the place of whom the address names. */
const elsewhere = (flags: Flags): readonly Value[] =>
  valuesOf(flags, '--resolve', '--connect-to').map((given) => {
    const hosts = given.text.replace(/^[^:]*:[^:]*:/, '').replace(/:\d*$/, '')
    return { ...given, text: `https://${hosts.replace(/,.*$/, '')}/` }
  })

/** Files that are written beside the answer. */
const writtenBeside = (flags: Flags): readonly Value[] => [
  ...valuesOf(flags, ...BESIDE.split(' ')).filter(({ text }) => !/^[-%]$/.test(text)),
  ...valuesOf(flags, '-w', '--write-out').flatMap(({ text, from }) =>
    [...text.matchAll(/%output\{([^}]*)\}/g)].map(([, file = '']) => ({ text: file, from })),
  ),
]
const BESIDE =
  '-D --dump-header -c --cookie-jar --trace --trace-ascii --stderr --etag-save --hsts --alt-svc --libcurl'

/** More than asking for a page. */
const sendsWords = (flags: Flags): boolean =>
  has(flags, ...SENDING) ||
  valuesOf(flags, '-X', '--request', '--method').some(({ text }) => !/^(?:get|head|options)$/i.test(text))
const SENDING =
  '-d --data --data-raw --data-binary --data-ascii --data-urlencode --json -F --form --form-string -T --upload-file --post-data --post-file --body-data --body-file'.split(
    ' ',
  )

const BODIES =
  '-d --data --data-raw --data-binary --data-ascii --json -F --form --form-string -H --header -b --cookie -u --user -A -e'.split(
    ' ',
  )

const sendsFile = (flags: Flags): boolean =>
  has(flags, '-T', '--upload-file') ||
  valuesOf(flags, ...BODIES).some(({ text }) => /^(?:[\w-]+=)?[@<]/.test(text))

/** All that is sent along, files as what is in them. */
function bodiesOf(call: Call, flags: Flags): readonly Value[] {
  const plain = valuesOf(flags, ...BODIES).map((body) => sentBy(call, body, false))
  const files = valuesOf(flags, '-T', '--upload-file').map((body) => sentBy(call, body, true))
  const encoded = valuesOf(flags, '--data-urlencode', '--url-query', '--variable').map((body) =>
    sentBy(call, { ...body, text: body.text.replace(/^[\w.-]*@/, '@') }, false),
  )
  return [...plain, ...files, ...encoded]
}

/** `@file`, `name=@file`, `name=<file`, `-T file`, `-`. */
function sentBy(call: Call, body: Value, isFile: boolean): Value {
  // `--variable %NAME` takes it from the environment.
  if (/^%\w+$/.test(body.text) && isSecretName(body.text.slice(1))) return unknownFrom(ENVIRONMENT)
  const match = /^(?:[\w.-]+=)?[@<](.+?)(?:;.*)?$/s.exec(body.text)
  const file = isFile ? body.text : match?.[1]
  if (file === undefined) return body
  if (file === '-' || file === '.') return call.stdin ?? NOTHING
  const read = readFile(call.state, { ...body, text: file }, call.name)
  return { ...read, from: read.from | body.from }
}

function curlConfig(call: Call, config: Value): void {
  const read = readFile(call.state, config, 'curl -K')
  for (const [, name = '', value = ''] of read.text.matchAll(/^\s*-*([\w-]+)\s*[= ]\s*"?([^"\n]*)"?\s*$/gm)) {
    if (/^(?:upload-file|data.*|form|T|d|F)$/.test(name))
      sure(call.state, 'exfiltration', value, `sends what ${shown(value)} holds`)
  }
  if (!isKnown(read.text)) possible(call.state, 'unresolvable', config.text, 'what curl is told is not known')
}

export type Request = {
  readonly bodies: readonly Value[]
  readonly isUpload: boolean
  readonly isSending: boolean
}

/** What goes out with a request, to whom. */
function requested(call: Call, url: Value, { bodies, isUpload, isSending }: Request): void {
  const { state } = call
  const host = hostOf(url.text)
  use(state, 'connect', host)
  if ((isSending || isUpload) && !isLoopback(host)) use(state, 'send', host)
  if (isMetadata(host))
    sure(state, 'credential_read', host, `${call.name} asks the metadata service of the cloud`)
  if (isLoopback(host)) return
  const from = [url, ...bodies].reduce((all, value) => all | value.from, 0)
  outgoing(call, host, from)
  localWords(call, url, host)
  if (isUpload && !isTrusted(state, host))
    possible(state, 'exfiltration', host, `a file is sent to ${shown(host)}`)
}

/** What local commands print, in the name of the host or behind it. */
function localWords(call: Call, url: Value, host: string): void {
  const { state } = call
  if ((url.from & LOCAL) === 0) return
  if (isMadeOfLocal(call, host))
    sure(state, 'exfiltration', host, 'the name of the host is made of local words')
  if (!isTrusted(state, host) && /\?|=/.test(url.text))
    possible(state, 'exfiltration', host, `local words are sent to ${shown(host)}`)
}

const isMadeOfLocal = ({ state }: Call, host: string): boolean =>
  host.includes(UNKNOWN) || host.split('.').includes(state.shared.context.home.split('/').at(-1) ?? '')

/** Going round the proxy, past certificates, or to a socket that decides. */
function watched(call: Call, flags: Flags): void {
  const sockets = textsOf(valuesOf(flags, '--unix-socket', '--abstract-unix-socket'))
  const round = textsOf(valuesOf(flags, '--noproxy')).some(
    (text) => !text.split(',').every((one) => isLoopback(one.trim())),
  )
  const proxies = textsOf(
    valuesOf(flags, '-x', '--proxy', '--socks5', '--socks5-hostname', '--socks4', '--preproxy'),
  )
  const isUnchecked =
    has(flags, '-k', '--insecure') && flags.operands.some(({ text }) => !isLoopback(hostOf(text)))
  sayWhere(call.state, [...sockets, ...proxies].join(' '), [
    [
      sockets.some((text) => /writ/i.test(text)),
      'guard_tamper',
      'sure',
      'speaks with what keeps watch directly',
    ],
    [
      sockets.some((text) => /docker|containerd|podman/i.test(text)),
      'privilege',
      'sure',
      'speaks with the container service directly',
    ],
    [
      round || proxies.some((text) => text === '' || !isLoopback(hostOf(text))),
      'guard_tamper',
      'sure',
      'goes round the proxy',
    ],
    [isUnchecked, 'guard_tamper', 'possible', 'does not check certificates'],
  ])
}

type Saved = { readonly flags: Flags; readonly printed: Value; readonly urls: readonly Value[] }

function saved(call: Call, { flags, printed, urls }: Saved): Value {
  const files = valuesOf(flags, '-o', '--output').filter(({ text }) => text !== '-')
  const folder = valuesOf(flags, '--output-dir')[0]
  const byName = has(flags, '-O', '--remote-name', '-J')
    ? urls.map(({ text }) =>
        literal(
          text
            .replace(/[?#].*$/, '')
            .split('/')
            .at(-1) ?? '',
        ),
      )
    : []
  for (const file of [...files, ...byName]) {
    const word = folder === undefined ? file : { ...file, text: `${folder.text}/${file.text}` }
    writeFile(call.state, word, { value: printed, by: call.name })
  }
  return files.length + byName.length > 0 ? NOTHING : printed
}

const WGET_VALUED =
  '-O --output-document -o --output-file -P --directory-prefix --post-data --post-file --body-data --body-file --method --header -U --user-agent -t -T --timeout --tries -e --execute --user --password -i --input-file -a --append-output --save-cookies --hsts-file --rejected-log --config --use-askpass --load-cookies'

export function wget(call: Call): Value {
  const flags = readFlags(call.args, WGET_VALUED)
  const files = valuesOf(flags, '--post-file', '--body-file').map((file) =>
    readFile(call.state, file, 'wget'),
  )
  for (const file of valuesOf(flags, '-i', '--input-file')) readFile(call.state, file, 'wget -i')
  for (const file of valuesOf(flags, ...WGET_BESIDE.split(' ')))
    writeFile(call.state, file, { value: unknownFrom(REMOTE), by: 'wget', isAppending: true })
  const settings = valuesOf(flags, '-e', '--execute', '--config').map(({ text }) => text)
  const bodies = [...files, ...valuesOf(flags, '--post-data', '--body-data', '--header')]
  for (const url of flags.operands)
    requested(call, url, { bodies, isUpload: files.length > 0, isSending: sendsWords(flags) })
  const isRound = has(flags, '--no-proxy') || settings.some((text) => /proxy/i.test(text))
  sayWhere(call.state, 'wget', [
    [
      settings.some((text) => !/proxy|^robots *=/i.test(text)),
      'unresolvable',
      'possible',
      'what wget is told is not known',
    ],
    [isRound, 'guard_tamper', 'sure', 'goes round the proxy'],
    [has(flags, '--no-check-certificate'), 'guard_tamper', 'possible', 'does not check certificates'],
  ])
  return wgetSaved(call, flags)
}

const WGET_BESIDE = '-o --output-file -a --append-output --save-cookies --hsts-file --rejected-log'

function wgetSaved(call: Call, flags: Flags): Value {
  const printed = unknownFrom(REMOTE)
  const given = valuesOf(flags, '-O', '--output-document')
  if (given.some(({ text }) => text === '-')) return printed
  const folder = valuesOf(flags, '-P', '--directory-prefix').map(({ text }) => `${text}/`)[0] ?? ''
  const named = flags.operands.map(({ text }) => literal(folder + lastOf(text)))
  const names = given.length > 0 ? given : named
  for (const name of flags.operands.length > 0 ? names : [])
    writeFile(call.state, name, { value: printed, by: 'wget' })
  return NOTHING
}

/** The name under which a URL is saved. */
const lastOf = (url: string): string =>
  url
    .replace(/[?#].*$/, '')
    .split('/')
    .at(-1) ?? ''

export function httpie(call: Call): Value {
  const urls = call.args.filter(
    ({ text }) => /[./:]/.test(text) && !text.startsWith('-') && !/[@=]/.test(text),
  )
  const bodies = call.args.map((arg) => sentBy(call, arg, false))
  for (const url of urls.slice(0, 1))
    requested(call, url, {
      bodies: [...bodies, call.stdin ?? NOTHING],
      isUpload: call.args.some(({ text }) => text.includes('@')),
      isSending: call.args.some(
        ({ text }) => /^(?:post|put|patch|delete)$/i.test(text) || /^[\w.-]+:?=/.test(text),
      ),
    })
  return unknownFrom(REMOTE)
}

export function fetcher(call: Call): Value {
  const flags = readFlags(call.args, '-o -d -O --dir --out -e -c -u -p')
  for (const url of flags.operands.slice(0, 2))
    requested(call, url, {
      bodies: [call.stdin ?? NOTHING],
      isUpload: /put|mirror -R/.test(joined(call.args, ' ').text),
      isSending: false,
    })
  if (call.name.endsWith('ftp')) scripted(call, flags.operands[0])
  for (const file of valuesOf(flags, '-o', '--out'))
    writeFile(call.state, file, { value: unknownFrom(REMOTE), by: call.name })
  return unknownFrom(REMOTE)
}
