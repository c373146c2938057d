import { AnyUrl } from '@writ/contracts'
import { z } from 'zod'

const Names = z.array(z.string())

/** What this client reads of a protected resource (RFC 9728 §2). */
export const ResourceMetadata = z.object({
  resource: AnyUrl,
  authorization_servers: z.array(AnyUrl).min(1),
  scopes_supported: Names.optional(),
  dpop_bound_access_tokens_required: z.boolean().optional(),
})
export type ResourceMetadata = z.infer<typeof ResourceMetadata>

/** What this client reads of an authorization server (RFC 8414 §2, RFC 9207 §3, RFC 9449 §5.1). */
export const AuthorityMetadata = z.object({
  issuer: z.string(),
  token_endpoint: AnyUrl,
  authorization_endpoint: AnyUrl.optional(),
  registration_endpoint: AnyUrl.optional(),
  scopes_supported: Names.optional(),
  code_challenge_methods_supported: Names.optional(),
  token_endpoint_auth_methods_supported: Names.optional(),
  dpop_signing_alg_values_supported: Names.optional(),
  client_id_metadata_document_supported: z.boolean().optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
})
export type AuthorityMetadata = z.infer<typeof AuthorityMetadata>

/** RFC 7591 §3.2.1. */
export const RegisteredClient = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().min(1).optional(),
  token_endpoint_auth_method: z.string().optional(),
})
export type RegisteredClient = z.infer<typeof RegisteredClient>

/** RFC 6749 §5.1; `token_type` is compared without regard to case (§7.1). */
export const IssuedToken = z.object({
  access_token: z.string().min(1),
  token_type: z.string().toLowerCase(),
  refresh_token: z.string().min(1).optional(),
})
export type IssuedToken = z.infer<typeof IssuedToken>
