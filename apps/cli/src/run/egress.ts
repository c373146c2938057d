import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import type {
  CertificateAuthority,
  DecideEgress,
  EgressProxy,
  HostRule,
  Interception,
  SeenEgress,
} from '@writ/sandbox'
import { createAuthority, createEgressProxy } from '@writ/sandbox'
import type { BoundSecret, ReadRegistry } from './options.ts'

export type EgressWanted = {
  readonly socketPath: string
  readonly rules: readonly HostRule[]
  readonly onlyListed: Promise<boolean>
  readonly secrets: readonly BoundSecret[]
  readonly registries: readonly ReadRegistry[]
  readonly opaqueHosts: readonly string[]
  readonly decide: DecideEgress
  readonly packageFault: Parameters<typeof createEgressProxy>[0]['packageFault']
  readonly seen: (seen: SeenEgress) => void
  /** certificates beside those of Node.js that servers outside are believed by: a file, or nothing */
  readonly extraCertificates: string | undefined
}

export type Egress = {
  readonly proxy: EgressProxy
  readonly authority: CertificateAuthority | null
  /** what the command finds in its environment instead of secrets */
  readonly placeholders: Readonly<Record<string, string>>
}

/** The way out of one run, listening. */
export async function openEgress(wanted: EgressWanted): Promise<Egress> {
  const { secrets, registries } = wanted
  const held = secrets.map((bound) => ({
    ...bound,
    placeholder: `writ-placeholder-${randomBytes(16).toString('hex')}`,
  }))
  const hosts = [...new Set([...secrets, ...registries].map(({ host }) => host))]
  const interceptions = hosts.map((host): Interception => ({
    host,
    injections: held.filter((bound) => bound.host === host),
    registry: registries.find((registry) => registry.host === host)?.kind ?? null,
  }))
  const authority = hosts.length === 0 ? null : createAuthority(hosts, Date.now)
  const proxy = createEgressProxy({
    ...wanted,
    // a host that a rule is for may be reached; what may be done there is policy's to say
    rules: [...wanted.rules, ...hosts.map((host) => ({ host, port: 443, mayBePrivate: false }))],
    interceptions,
    authority,
    lookUp: async (host) =>
      (await lookup(host, { all: true, order: 'ipv4first' })).map(({ address }) => address),
    trusted: trustedIn(wanted.extraCertificates),
  })
  await proxy.listen(wanted.socketPath)
  const placeholders = Object.fromEntries(held.map(({ variable, placeholder }) => [variable, placeholder]))
  return { proxy, authority, placeholders }
}

const trustedIn = (file: string | undefined): readonly string[] | null =>
  file === undefined ? null : [...rootCertificates, readFileSync(file, 'utf8')]
