import { createHmac } from 'node:crypto'
import type { InventoryCredential, InventoryFindingCode, InventoryServer } from '@writ/contracts'
import type { Held } from '../credentials/held.ts'
import { unsecret } from '../credentials/held.ts'
import { isLoopback, urlPartsOf } from '../credentials/url-parts.ts'
import type { UrlParts } from '../credentials/url-parts.ts'
import type { Configuration, TokenStore } from '../look.ts'
import { pointerOf } from '../reading/value.ts'
import type { Launch } from '../servers/launch.ts'
import { launchOf } from '../servers/launch.ts'
import type { Located } from '../servers/locate.ts'
import type { Show } from '../veil.ts'
import { cut } from '../veil.ts'

/** What is known of this machine besides its files. */
export type Known = {
  readonly salt: Uint8Array
  /** origins of the gateways of the profiles here */
  readonly gateways: readonly string[]
  /** whether a program is the writ that is installed here */
  readonly isThisWrit: (program: string) => boolean
  readonly stores: readonly TokenStore[]
  readonly show: Show
}

/** A server as it is reported, with the codes of what there is to say about it. */
export type Judged = {
  readonly server: InventoryServer
  readonly findings: readonly {
    readonly code: InventoryFindingCode
    readonly subject: string
    readonly pointer: string
  }[]
}

export function judgeServer({ client, scope, file }: Configuration, located: Located, known: Known): Judged {
  const { entry, name, pointer } = located
  const { show } = known
  const launch = entry.command === null ? null : launchOf(entry.command, entry.args)
  const remote = urlPartsOf(entry.url ?? launch?.bridgesTo ?? '')
  const way = wayOf(launch, remote, known)
  const held = [...entry.held, ...impliedBy({ way, launch, remote, located, known })]
  const server: InventoryServer = {
    client,
    scope,
    name: show(name),
    place: { file: show(file, 1024), pointer: pointerShown(pointer, show) },
    enabled: entry.enabled,
    transport: entry.command !== null ? 'stdio' : entry.url === null ? 'unknown' : 'http',
    target: show(targetOf(launch, remote), 512),
    way,
    pinned: launch?.pinned ?? null,
    credentials: credentialsOf(held, pointer, known),
  }
  return { server, findings: findingsOf(server, launch, remote, known) }
}

export const pointerShown = (names: readonly string[], show: Show): string =>
  cut(pointerOf(names.map((name) => show(name, 256))), 1024)

function wayOf(launch: Launch | null, remote: UrlParts | null, known: Known): InventoryServer['way'] {
  if (launch?.writ != null && known.isThisWrit(launch.writ)) return 'writ'
  if (remote === null) return 'local'
  if (known.gateways.includes(`${remote.scheme}://${remote.host}`)) return 'writ'
  return isLoopback(remote.host) ? 'local' : 'direct'
}

function targetOf(launch: Launch | null, remote: UrlParts | null): string {
  const origin = remote === null ? '' : `${remote.scheme}://${remote.host}`
  return [launch?.target ?? '', origin].filter((part) => part !== '').join(' → ')
}

type Implied = {
  readonly way: InventoryServer['way']
  readonly launch: Launch | null
  readonly remote: UrlParts | null
  readonly located: Located
  readonly known: Known
}

/** What the entry does not say itself. */
function impliedBy({ way, launch, remote, located, known }: Implied): readonly Held[] {
  if (way === 'writ') return [unsecret(launch?.writ != null ? 'dpop' : 'oauth', 'nowhere')]
  if (remote === null || located.entry.held.length > 0) return []
  if (launch?.bridgesTo != null) return [unsecret('oauth', 'nowhere')]
  const { name, entry } = located
  const isSignedIn = known.stores.some(({ signedIn }) =>
    signedIn.some((to) => to === name || to === entry.url),
  )
  return [unsecret(isSignedIn ? 'oauth' : 'none', 'nowhere')]
}

const RISKS: Readonly<Record<Exclude<Held['kind'], 'none'>, InventoryCredential['risk']>> = {
  literal: 'high',
  bearer: 'high',
  reference: 'medium',
  prompt: 'medium',
  keychain: 'medium',
  oauth: 'low',
  mtls: 'lowest',
  dpop: 'lowest',
}
const MOST_CREDENTIALS = 50

function credentialsOf(
  held: readonly Held[],
  entry: readonly string[],
  { salt, show }: Known,
): InventoryCredential[] {
  const all = held.flatMap(({ secrets, kind, part, name, member = [] }) => {
    const risk = kind === 'none' ? 'high' : RISKS[kind]
    const pointer = pointerShown([...entry, ...member], show)
    const plain = { kind, risk, part, name: name === null ? null : show(name), pointer }
    if (secrets.length === 0) return [{ ...plain, hash: null, last4: null }]
    return secrets.map((secret) => ({ ...plain, ...printOf(secret, salt) }))
  })
  return [...new Map(all.map((credential) => [JSON.stringify(credential), credential])).values()].slice(
    0,
    MOST_CREDENTIALS,
  )
}

/** Of a short secret the last 4 characters would be too much of it. */
const SHORT = 16

const printOf = (secret: string, salt: Uint8Array): Pick<InventoryCredential, 'hash' | 'last4'> => ({
  hash: createHmac('sha256', salt).update(secret).digest('hex').slice(0, 16),
  last4: secret.length < SHORT ? null : secret.slice(-4).replaceAll(/[^\x21-\x7e]/g, '?'),
})

function findingsOf(
  server: InventoryServer,
  launch: Launch | null,
  remote: UrlParts | null,
  known: Known,
): Judged['findings'] {
  const isFar = remote !== null && !isLoopback(remote.host)
  const about = (code: InventoryFindingCode, is: boolean) =>
    is ? [{ code, subject: server.name, pointer: server.place.pointer }] : []
  const kinds = new Set(server.credentials.map(({ kind }) => kind))
  return [
    ...secretsIn(server),
    ...about('secret_referenced', kinds.has('reference') || kinds.has('prompt') || kinds.has('keychain')),
    ...about('remote_without_auth', isFar && kinds.has('none')),
    ...about('remote_in_plain_text', isFar && remote.scheme === 'http'),
    ...about('past_writ', server.way === 'direct'),
    ...about('not_this_writ', launch?.writ != null && !known.isThisWrit(launch.writ)),
    ...about('unpinned_package', server.pinned === false),
    ...about('download_and_run', launch?.runsDownload === true),
  ]
}

function secretsIn({ name, credentials }: InventoryServer): Judged['findings'] {
  return credentials
    .filter(({ kind }) => kind === 'literal' || kind === 'bearer')
    .map(({ part, name: held, pointer }) => ({
      pointer,
      code: part === 'url' ? 'secret_in_url' : 'secret_in_file',
      subject: `${name}: ${part}${held === null ? '' : ` ${held}`}`,
    }))
}
