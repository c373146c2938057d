import { z } from 'zod'

const Names = z.array(z.string())

/** RFC 8414 §2, with RFC 8628 §4, RFC 9207 §3, RFC 9396 §10 and RFC 9449 §5.1. */
export const AuthorizationServerMetadata = z.strictObject({
  issuer: z.url(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  device_authorization_endpoint: z.url(),
  revocation_endpoint: z.url(),
  introspection_endpoint: z.url(),
  grant_types_supported: Names,
  response_types_supported: Names,
  response_modes_supported: Names,
  code_challenge_methods_supported: Names,
  token_endpoint_auth_methods_supported: Names,
  token_endpoint_auth_signing_alg_values_supported: Names,
  revocation_endpoint_auth_methods_supported: Names,
  revocation_endpoint_auth_signing_alg_values_supported: Names,
  introspection_endpoint_auth_methods_supported: Names,
  authorization_response_iss_parameter_supported: z.boolean(),
  authorization_details_types_supported: Names,
  dpop_signing_alg_values_supported: Names,
  scopes_supported: Names,
})
