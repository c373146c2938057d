import type { PublicJwk } from '@writ/contracts'

/** Protected-resource metadata (RFC 9728 §2). */
export const resourceMetadata = (about: {
  readonly resource: string
  readonly authorizationServers: readonly string[]
  readonly scopes: readonly string[]
}) => ({
  resource: about.resource,
  authorization_servers: about.authorizationServers,
  scopes_supported: about.scopes,
  bearer_methods_supported: ['header'],
  dpop_signing_alg_values_supported: ['ES256'],
  dpop_bound_access_tokens_required: true,
})

/**
 * Authorization-server metadata (RFC 8414 §2). No response type is supported; the endpoint is named all the same, because
 * clients of the field do not read metadata without one.
 */
export const authorityMetadata = (about: {
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly jwksUri: string
  readonly scopes: readonly string[]
}) => ({
  issuer: about.issuer,
  authorization_endpoint: about.authorizationEndpoint,
  token_endpoint: about.tokenEndpoint,
  jwks_uri: about.jwksUri,
  scopes_supported: about.scopes,
  response_types_supported: [],
  grant_types_supported: ['client_credentials'],
  token_endpoint_auth_methods_supported: ['private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ['ES256'],
  dpop_signing_alg_values_supported: ['ES256'],
})

/** JWK Set of an authority (RFC 7517 §5). */
export const publicKeySet = (keys: readonly { readonly kid: string; readonly key: PublicJwk }[]) => ({
  keys: keys.map(({ kid, key: { kty, crv, x, y } }) => ({ kty, crv, x, y, kid, use: 'sig', alg: 'ES256' })),
})
