import type { PublicJwk } from '@writ/contracts'
import { GRANT_TYPES } from '@writ/contracts'

/** Protected-resource metadata (RFC 9728 §2). A list that would be empty is left out (§3.2). */
export const resourceMetadata = (about: {
  readonly resource: string
  readonly authorizationServers: readonly string[]
  readonly scopes: readonly string[]
}) => ({
  resource: about.resource,
  ...(about.authorizationServers.length === 0 ? {} : { authorization_servers: about.authorizationServers }),
  scopes_supported: about.scopes,
  bearer_methods_supported: ['header'],
  dpop_signing_alg_values_supported: ['ES256'],
  dpop_bound_access_tokens_required: true,
})

/**
 * Authorization-server metadata (RFC 8414 §2) of an issuer whose endpoints all stand below it. Every client is an agent with a key of its
 * own (RFC 7523 §2.2); who asks about tokens is an admin with an API key (RFC 7662 §2.1).
 */
export const authorityMetadata = (about: {
  readonly issuer: string
  readonly scopes: readonly string[]
}) => ({
  issuer: about.issuer,
  authorization_endpoint: `${about.issuer}/authorize`,
  token_endpoint: `${about.issuer}/token`,
  jwks_uri: `${about.issuer}/jwks`,
  device_authorization_endpoint: `${about.issuer}/device_authorization`,
  revocation_endpoint: `${about.issuer}/revoke`,
  introspection_endpoint: `${about.issuer}/introspect`,
  scopes_supported: about.scopes,
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: Object.values(GRANT_TYPES),
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
  authorization_details_types_supported: ['writ_tool'],
  token_endpoint_auth_methods_supported: ['private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ['ES256'],
  revocation_endpoint_auth_methods_supported: ['private_key_jwt'],
  revocation_endpoint_auth_signing_alg_values_supported: ['ES256'],
  introspection_endpoint_auth_methods_supported: ['Bearer'],
  dpop_signing_alg_values_supported: ['ES256'],
})

/** JWK Set of an authority (RFC 7517 §5). */
export const publicKeySet = (keys: readonly { readonly kid: string; readonly key: PublicJwk }[]) => ({
  keys: keys.map(({ kid, key: { kty, crv, x, y } }) => ({ kty, crv, x, y, kid, use: 'sig', alg: 'ES256' })),
})
