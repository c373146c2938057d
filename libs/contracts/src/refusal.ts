/**
 * Every "no" that an agent can receive.
 * `http` is the status; `rpc` the JSON-RPC code, outside the range that the specification reserves (-32768..-32000);
 * `oauth` the RFC 6750 / RFC 9449 error of the WWW-Authenticate challenge, for authentication only.
 */
export const REFUSALS = {
  credentials_missing: { http: 401, rpc: -31001, oauth: null, text: 'no access token was sent' },
  proof_invalid: {
    http: 401,
    rpc: -31002,
    oauth: 'invalid_dpop_proof',
    text: 'the DPoP proof does not hold',
  },
  proof_replayed: {
    http: 401,
    rpc: -31003,
    oauth: 'invalid_dpop_proof',
    text: 'the DPoP proof was used before',
  },
  nonce_required: {
    http: 401,
    rpc: -31004,
    oauth: 'use_dpop_nonce',
    text: 'a current server nonce is required in the proof',
  },
  token_invalid: { http: 401, rpc: -31005, oauth: 'invalid_token', text: 'the access token does not hold' },
  token_revoked: {
    http: 401,
    rpc: -31006,
    oauth: 'invalid_token',
    text: 'the access token no longer counts',
  },
  authorization_ambiguous: {
    http: 400,
    rpc: -31007,
    oauth: 'invalid_request',
    text: 'exactly one Authorization field is accepted',
  },
  client_invalid: {
    http: 401,
    rpc: -31008,
    oauth: 'invalid_client',
    text: 'the agent is not authenticated',
  },
  scope_insufficient: {
    http: 403,
    rpc: -31009,
    oauth: 'insufficient_scope',
    text: 'the access token was not given for this',
  },
  rate_limited: { http: 429, rpc: -31010, oauth: null, text: 'too many requests: try again later' },
  tenant_unknown: { http: 404, rpc: -31020, oauth: null, text: 'there is nothing here' },
  connection_unknown: { http: 404, rpc: -31021, oauth: null, text: 'there is nothing here' },
  session_unknown: { http: 404, rpc: -31022, oauth: null, text: 'the session is not known' },
  origin_forbidden: { http: 403, rpc: -31023, oauth: null, text: 'this Host or Origin is not served' },
  method_not_allowed: { http: 405, rpc: -31024, oauth: null, text: 'this HTTP method is not served here' },
  message_malformed: {
    http: 400,
    rpc: -31040,
    oauth: null,
    text: 'the body is not one well-formed JSON-RPC message',
  },
  message_ambiguous: {
    http: 400,
    rpc: -31041,
    oauth: null,
    text: 'the body could be read in more than one way',
  },
  message_too_large: { http: 413, rpc: -31042, oauth: null, text: 'the message is larger than the limit' },
  message_too_deep: {
    http: 400,
    rpc: -31043,
    oauth: null,
    text: 'the message is nested deeper than the limit',
  },
  batch_refused: { http: 400, rpc: -31044, oauth: null, text: 'batches are not accepted' },
  header_mismatch: { http: 400, rpc: -32020, oauth: null, text: 'a header disagrees with the body' },
  task_unknown: { http: 200, rpc: -31026, oauth: null, text: 'there is no such task for this caller' },
  state_unknown: {
    http: 200,
    rpc: -31027,
    oauth: null,
    text: 'this request state was not given to this caller',
  },
  name_unknown: { http: 200, rpc: -32602, oauth: null, text: 'nothing of this name is here' },
  method_unknown: { http: 404, rpc: -32601, oauth: null, text: 'the method is not known' },
  media_type_unsupported: {
    http: 415,
    rpc: -31045,
    oauth: null,
    text: 'the body must be application/json without content coding',
  },
  policy_denied: { http: 200, rpc: -31100, oauth: null, text: 'denied by policy' },
  approval_unavailable: {
    http: 200,
    rpc: -31101,
    oauth: null,
    text: 'an approval is needed and nobody can give it here',
  },
  approval_required: {
    http: 200,
    rpc: -31104,
    oauth: null,
    text: 'an approval was asked for: try the same call again once it is given',
  },
  approval_refused: { http: 200, rpc: -31105, oauth: null, text: 'the approval was refused' },
  session_aborted: { http: 200, rpc: -31106, oauth: null, text: 'policy ended this session' },
  connection_forbidden: {
    http: 200,
    rpc: -31102,
    oauth: null,
    text: 'denied: this connection is not given to your access groups',
  },
  sandbox_refused: { http: 200, rpc: -31107, oauth: null, text: 'the sandbox does not let this happen' },
  response_denied: { http: 200, rpc: -31103, oauth: null, text: 'the answer was withheld by policy' },
  policy_unavailable: { http: 503, rpc: -31120, oauth: null, text: 'no valid policy bundle is at hand' },
  policy_stale: { http: 503, rpc: -31121, oauth: null, text: 'the policy bundle is older than its bound' },
  replay_unavailable: { http: 503, rpc: -31122, oauth: null, text: 'replay protection is not available' },
  session_unavailable: {
    http: 503,
    rpc: -31129,
    oauth: null,
    text: 'what this session has done could not be looked up',
  },
  record_unavailable: { http: 503, rpc: -31123, oauth: null, text: 'the decision could not be recorded' },
  credential_unavailable: {
    http: 502,
    rpc: -31124,
    oauth: null,
    text: 'the credential for this connection is not available',
  },
  upstream_unreachable: { http: 502, rpc: -31125, oauth: null, text: 'the upstream could not be reached' },
  upstream_malformed: {
    http: 502,
    rpc: -31126,
    oauth: null,
    text: 'the upstream answered with something that cannot be judged',
  },
  upstream_too_large: {
    http: 502,
    rpc: -31127,
    oauth: null,
    text: 'the upstream answered with more than the limit',
  },
  upstream_broken: {
    http: 503,
    rpc: -31130,
    oauth: null,
    text: 'the upstream failed several times in a row: it is not called for a while',
  },
  upstream_busy: {
    http: 503,
    rpc: -31133,
    oauth: null,
    text: 'as many calls are under way to this upstream as there may be',
  },
  upstream_forbidden: {
    http: 502,
    rpc: -31132,
    oauth: null,
    text: 'the upstream is at an address that may not be reached',
  },
  credential_refused: {
    http: 502,
    rpc: -31131,
    oauth: null,
    text: 'the upstream did not take the credential of this connection',
  },
  reader_too_slow: {
    http: 503,
    rpc: -31134,
    oauth: null,
    text: 'the client did not take its answer in time and was cut off',
  },
  overloaded: { http: 503, rpc: -31128, oauth: null, text: 'too many calls are under way' },
  internal: { http: 500, rpc: -31199, oauth: null, text: 'the call could not be mediated' },
} as const satisfies Record<string, RefusalForm>

type RefusalForm = {
  readonly http: number
  readonly rpc: number
  readonly oauth: string | null
  readonly text: string
}
export type RefusalCode = keyof typeof REFUSALS

/** A "no" as a value. `detail` is for the agent's eyes: never a secret, a stack, or another tenant's existence. */
export class Refusal {
  readonly code: RefusalCode
  readonly detail: string
  /** after which another try makes sense, where that is known */
  readonly retryAfterSeconds: number | undefined
  constructor(code: RefusalCode, detail: string = REFUSALS[code].text, retryAfterSeconds?: number) {
    this.code = code
    this.detail = detail
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export const isRefusal = (value: unknown): value is Refusal => value instanceof Refusal
