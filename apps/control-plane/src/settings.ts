import type { ClickHouseSettings } from '@writ/clickhouse'
import { PRIVATE_NETWORKS } from '@writ/runtime'
import type { ReachSettings } from '@writ/runtime'
import type { Config } from './config.ts'
import type { FileSettings } from './outlets/channels/file-sink.ts'
import type { OperatorTarget } from './outlets/outlet-row.ts'
import type { ArchivePlace, WitnessPlace } from './transparency/places.ts'

/** The configuration in the words of the code; made once, injected by class. */
export class Settings {
  readonly #config: Config

  constructor(config: Config) {
    this.#config = config
  }

  get origin(): string {
    return this.#config.WRIT_PUBLIC_ORIGIN
  }

  get gatewayOrigins(): readonly string[] {
    return this.#config.WRIT_GATEWAY_ORIGINS
  }

  /** Proxies whose word on the source of a request counts. */
  get trustedProxies(): readonly string[] {
    return this.#config.WRIT_TRUSTED_PROXIES
  }

  get masterKey(): Buffer {
    return Buffer.from(this.#config.WRIT_MASTER_KEY, 'base64url')
  }

  get joinSecret(): string {
    return this.#config.WRIT_JOIN_SECRET
  }

  get operatorKey(): string {
    return this.#config.WRIT_OPERATOR_KEY
  }

  get databaseUrl(): string {
    return this.#config.DATABASE_URL
  }

  get streamLostAfterSeconds(): number {
    return this.#config.WRIT_STREAM_LOST_AFTER_SECONDS
  }

  /** A stream of which nobody has heard for so long is one of a gateway that is gone, as far as its calls are concerned. */
  get silentAfterSeconds(): number {
    return Math.min(this.streamLostAfterSeconds, this.unknownAfterSeconds)
  }

  get unknownAfterSeconds(): number {
    return this.#config.WRIT_UNKNOWN_AFTER_SECONDS
  }

  get redisUrl(): string | undefined {
    return this.#config.REDIS_URL
  }

  /** Where records are found, if not in Postgres. */
  get recordIndex(): ClickHouseSettings | null {
    return this.#config.WRIT_CLICKHOUSE_URL ?? null
  }

  /** Where identity providers may be besides the public Internet. */
  get identityProviders(): { readonly loopback: boolean; readonly privateNetworks: boolean } {
    return {
      loopback: this.#config.WRIT_ALLOW_IDENTITY_PROVIDERS_ON_LOOPBACK_HTTP === 'yes',
      privateNetworks: this.#config.WRIT_ALLOW_IDENTITY_PROVIDERS_ON_PRIVATE_NETWORKS === 'yes',
    }
  }

  /** Whether upstreams may be on the very machine of a gateway. */
  get upstreamsOnLoopback(): boolean {
    return this.#config.WRIT_ALLOW_UPSTREAMS_OF_EVERY_TENANT_ON_LOOPBACK === 'yes'
  }

  /** Where receivers of tenants' outlets may be besides the public Internet. */
  get outletReach(): ReachSettings {
    const isPrivate = this.#config.WRIT_ALLOW_OUTLETS_OF_EVERY_TENANT_ON_PRIVATE_NETWORKS === 'yes'
    return {
      loopback: this.#config.WRIT_ALLOW_OUTLETS_OF_EVERY_TENANT_ON_LOOPBACK === 'yes',
      networks: isPrivate ? PRIVATE_NETWORKS : [],
    }
  }

  /** Outlets that every tenant has because the operator wants them. */
  get operatorOutlets(): readonly OperatorTarget[] {
    const { WRIT_OUTLET_STDOUT: stdout, WRIT_OUTLET_FILE_FORMAT: format } = this.#config
    return [
      ...(stdout === 'off' ? [] : [{ kind: 'stdout', format: stdout } as const]),
      ...(this.outletFiles === null ? [] : [{ kind: 'file', format } as const]),
    ]
  }

  get outletFiles(): FileSettings | null {
    const { WRIT_OUTLET_FILE_DIRECTORY: directory } = this.#config
    if (directory === undefined) return null
    return {
      directory,
      mostBytes: this.#config.WRIT_OUTLET_FILE_BYTES,
      kept: this.#config.WRIT_OUTLET_FILES_KEPT,
    }
  }

  get domainProofResolvers(): readonly string[] {
    return this.#config.WRIT_DOMAIN_PROOF_RESOLVERS
  }

  /** What the origins of the tenants' logs begin with. */
  get logOrigin(): string {
    return this.#config.WRIT_AUDIT_ORIGIN
  }

  get sealEveryMs(): number {
    return this.#config.WRIT_AUDIT_SEAL_SECONDS * 1000
  }

  get archives(): readonly ArchivePlace[] {
    return this.#config.WRIT_AUDIT_ARCHIVE
  }

  get archiveKey(): { readonly keyId: string; readonly secret: string } {
    return { keyId: this.#config.WRIT_AUDIT_ARCHIVE_KEY_ID, secret: this.#config.WRIT_AUDIT_ARCHIVE_SECRET }
  }

  get witnesses(): readonly WitnessPlace[] {
    return this.#config.WRIT_AUDIT_WITNESSES
  }

  /** One for each connection, so that the answer of one identity provider is never taken for that of another (RFC 9700 §4.4). */
  redirectUriOf(slug: string, sso: string): string {
    return `${this.origin}/t/${slug}/sign-in/${sso}/callback`
  }

  backChannelLogoutUriOf(slug: string, sso: string): string {
    return `${this.origin}/t/${slug}/sign-in/${sso}/logout`
  }

  directoryUrlOf(slug: string): string {
    return `${this.origin}/t/${slug}/scim/v2`
  }

  /** The authority of one tenant (RFC 8414 issuer identifier). */
  issuerOf(slug: string): string {
    return `${this.origin}/t/${slug}/oauth`
  }

  tokenEndpointOf(slug: string): string {
    return `${this.issuerOf(slug)}/token`
  }

  enrolmentEndpointOf(slug: string): string {
    return `${this.origin}/t/${slug}/enrol`
  }

  deviceJoinEndpointOf(slug: string): string {
    return `${this.origin}/t/${slug}/device/v1/join`
  }

  /** Where a tenant's agents reach their connections, one per gateway origin. */
  gatewaysOf(slug: string): string[] {
    return this.gatewayOrigins.map((origin) => `${origin}/${slug}`)
  }
}
