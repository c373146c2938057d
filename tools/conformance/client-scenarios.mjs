// The suite's client scenarios about authorization: what each asks of a client, and why some do not apply to ours.
const HUMAN = 'a human decides in the browser'

/** By name; `asks` is what a client has to do, `not` why ours does not. Every scenario of the suite has to stand here. */
export const CLIENT_SCENARIOS = {
  'auth/dpop': { asks: 'bound token and a fresh proof for each request (RFC 9449)' },
  'auth/dpop-nonce': { asks: 'the same where authority and server both demand their nonce (§8, §9)' },
  'auth/client-credentials-jwt': { asks: 'the agent for itself, by its own key (`private_key_jwt`)' },
  'auth/client-credentials-basic': { asks: 'the agent for itself, by a secret' },
  'auth/metadata-default': {
    asks: 'discovery from the challenge (RFC 9728), authority metadata at the root',
  },
  'auth/metadata-var1': { asks: 'resource metadata at the path-inserted place, OpenID metadata' },
  'auth/metadata-var2': {
    asks: 'resource metadata at the root, authority metadata path-inserted (RFC 8414)',
  },
  'auth/metadata-var3': { asks: 'resource metadata wherever the challenge says, OpenID metadata appended' },
  'auth/metadata-issuer-mismatch': { asks: 'an authority that describes itself as another is refused' },
  'auth/resource-mismatch': { asks: 'a server that describes itself as another resource is refused' },
  'auth/authorization-server-migration': { asks: 'the next authority is told nothing of the one before' },
  'auth/iss-supported': { asks: `${HUMAN}; the answer names its issuer (RFC 9207)` },
  'auth/iss-not-advertised': { asks: `${HUMAN}; no issuer is named, and none was promised` },
  'auth/iss-supported-missing': { asks: 'an answer without the issuer that was promised is refused' },
  'auth/iss-wrong-issuer': { asks: 'an answer by another issuer is refused' },
  'auth/iss-unexpected': { asks: 'the same where none was promised' },
  'auth/iss-normalized': { asks: 'an issuer that is almost the same is another' },
  'auth/basic-cimd': { asks: 'a published client document in place of a registration' },
  'auth/pre-registration': { asks: 'a client that was registered beforehand' },
  'auth/token-endpoint-auth-basic': {
    asks: '`client_secret_basic`, and the resource in both requests (RFC 8707)',
  },
  'auth/token-endpoint-auth-post': { asks: '`client_secret_post`' },
  'auth/token-endpoint-auth-none': { asks: 'a public client with PKCE alone' },
  'auth/scope-from-www-authenticate': { asks: 'the scope of the challenge' },
  'auth/scope-from-scopes-supported': { asks: 'the scopes of the resource where the challenge names none' },
  'auth/scope-omitted-when-undefined': { asks: 'no scope where nobody names one' },
  'auth/scope-step-up': { asks: 'more scope on demand, without losing what was given' },
  'auth/scope-retry-limit': { asks: 'no endless asking for a scope that does not help' },
  'auth/offline-access-scope': { asks: 'refresh tokens where the authority offers them' },
  'auth/offline-access-not-supported': { asks: 'no `offline_access` where it does not' },
  'auth/2025-03-26-oauth-metadata-backcompat': {
    asks: 'the server is taken for its own authority where it names none',
    not: 'taken out of the protocol in 2025-06-18; any server could so have itself asked for tokens, and ours takes only an authority that is named',
  },
  'auth/2025-03-26-oauth-endpoint-fallback': {
    asks: 'endpoints are guessed where there is no metadata at all',
    not: 'as above; and without metadata there is no issuer to hold an answer against',
  },
  'auth/enterprise-managed-authorization': {
    asks: "a human's ID token is exchanged for an assertion to another authority (SEP-990)",
    not: "an agent of ours never holds a human's ID token: at our authority it is the tenant's sign-in that brings it",
  },
  'auth/wif-jwt-bearer': {
    asks: 'a JWT by the platform that a workload runs on is the grant (SEP-1933, a draft)',
    not: 'an agent of ours has an identity key of its own, and its session key is bound to that',
  },
}
