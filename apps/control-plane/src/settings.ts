import type { Config } from './config.ts'

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

  get redisUrl(): string | undefined {
    return this.#config.REDIS_URL
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

  get domainProofResolvers(): readonly string[] {
    return this.#config.WRIT_DOMAIN_PROOF_RESOLVERS
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
