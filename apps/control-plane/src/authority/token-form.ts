import { CLIENT_ASSERTION_TYPE, GRANT_TYPES } from '@writ/contracts'
import { z } from 'zod'

const CLIENT = {
  client_assertion_type: z.literal(CLIENT_ASSERTION_TYPE),
  client_assertion: z.string(),
  client_id: z.string().optional(),
}
const WISHES = {
  resource: z.union([z.string(), z.array(z.string()).max(10)]).optional(),
  authorization_details: z.string().optional(),
  scope: z.literal('mcp').optional(),
}

/** The forms for the API description; reading is stricter than a schema can say. */
export const TokenForm = z.union([
  z.object({ grant_type: z.literal(GRANT_TYPES.clientCredentials), ...CLIENT, ...WISHES }),
  z.object({
    grant_type: z.literal(GRANT_TYPES.tokenExchange),
    subject_token: z.string(),
    subject_token_type: z.string(),
    requested_token_type: z.string().optional(),
    ...CLIENT,
    ...WISHES,
  }),
  z.object({
    grant_type: z.literal(GRANT_TYPES.deviceCode),
    device_code: z.string(),
    ...CLIENT,
    ...WISHES,
  }),
  z.object({
    grant_type: z.literal(GRANT_TYPES.authorizationCode),
    code: z.string(),
    redirect_uri: z.string(),
    code_verifier: z.string(),
    ...CLIENT,
    ...WISHES,
  }),
])

export const DeviceAuthorizationForm = z.object({ ...CLIENT, ...WISHES })

/** RFC 7009 §2.1. */
export const RevocationForm = z.object({
  token: z.string(),
  token_type_hint: z.string().optional(),
  ...CLIENT,
})

/** RFC 7662 §2.1. */
export const IntrospectionForm = z.object({ token: z.string(), token_type_hint: z.string().optional() })
