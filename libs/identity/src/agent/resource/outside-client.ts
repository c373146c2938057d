import type { KeyObject } from 'node:crypto'
import type { AgentPorts } from '../send-proven.ts'
import { readJson } from '../read-json.ts'
import { RegisteredClient } from './metadata-shapes.ts'
import type { AuthorityMetadata } from './metadata-shapes.ts'
import { ServerDistrusted } from './server-distrusted.ts'

/** Who this client is to authorities: one that knows it already, or whichever a server names. */
export type ClientIdentity =
  | {
      readonly kind: 'key'
      readonly clientId: string
      /** P-256 private key; an assertion says for which authority it is, so it may be shown to any */
      readonly key: KeyObject
    }
  | {
      readonly kind: 'secret'
      readonly clientId: string
      readonly secret: string
      /** the one authority that is told the secret */
      readonly issuer: string
    }
  | {
      readonly kind: 'unknown'
      readonly name: string
      /** where a document about this client is published, for authorities that look it up */
      readonly metadataUrl?: string
    }

/** A client as one authority knows it. */
export type OutsideClient = {
  readonly clientId: string
  readonly key?: KeyObject
  readonly secret?: string
  /** how it authenticates, where that was agreed */
  readonly method?: string
}

/** This client at an authority; registered there where it has to be (RFC 7591). @throws ServerDistrusted */
export async function clientAt(
  authority: AuthorityMetadata,
  identity: ClientIdentity,
  redirectUri: string | undefined,
  ports: AgentPorts,
): Promise<OutsideClient> {
  if (identity.kind === 'key') return identity
  if (identity.kind === 'secret') return known(identity, authority.issuer)
  const { metadataUrl, name } = identity
  if (metadataUrl !== undefined && authority.client_id_metadata_document_supported === true)
    return { clientId: metadataUrl, method: 'none' }
  if (authority.registration_endpoint === undefined || redirectUri === undefined)
    throw new ServerDistrusted('the authority does not know this client and takes no registration')
  return register(authority.registration_endpoint, registrationOf(name, redirectUri, authority), ports)
}

/** A server may name any authority, also one of its own making: the secret does not follow. */
function known(identity: Extract<ClientIdentity, { kind: 'secret' }>, issuer: string): OutsideClient {
  if (identity.issuer !== issuer)
    throw new ServerDistrusted('the server names an authority that this client has no secret with')
  return identity
}

async function register(endpoint: string, registration: object, ports: AgentPorts): Promise<OutsideClient> {
  const response = await ports.fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(registration),
    redirect: 'error',
  })
  const answer = RegisteredClient.safeParse(await readJson(response))
  if (!response.ok || !answer.success)
    throw new ServerDistrusted('the authority did not register this client')
  const { client_id: clientId, client_secret: secret, token_endpoint_auth_method: method } = answer.data
  return {
    clientId,
    ...(secret === undefined ? {} : { secret }),
    ...(method === undefined ? {} : { method }),
  }
}

/** A program on a user's machine keeps no secret from that user: it asks for none where it need not have one. */
const registrationOf = (name: string, redirectUri: string, authority: AuthorityMetadata) => ({
  client_name: name,
  application_type: 'native',
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method:
    ['none', 'client_secret_basic', 'client_secret_post'].find((method) =>
      methodsOf(authority).includes(method),
    ) ?? 'none',
  ...(authority.dpop_signing_alg_values_supported === undefined ? {} : { dpop_bound_access_tokens: true }),
})

/** How clients may authenticate at the token endpoint; `client_secret_basic` where nothing is said (RFC 8414 §2). */
export const methodsOf = (authority: AuthorityMetadata): readonly string[] =>
  authority.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
