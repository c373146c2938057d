import { TOKEN_TYPES } from '@writ/contracts'
import { invalid } from '../form.ts'
import type { IdTokens } from '../id-tokens.ts'
import { delegated } from './delegation.ts'
import type { Grant } from './grant-request.ts'
import { forSignedInHuman } from './id-token.ts'

/** RFC 8693. The actor is always the client: it proves itself by its assertion, and no token of another stands in for that. */
export const tokenExchange =
  (idTokens: IdTokens): Grant =>
  (request) => {
    const { form } = request
    if (form.optional('actor_token') !== null || form.optional('actor_token_type') !== null)
      throw invalid('the actor is the client; an actor_token is not taken')
    const wanted = form.optional('requested_token_type') ?? TOKEN_TYPES.accessToken
    if (wanted !== TOKEN_TYPES.accessToken) throw invalid('only access tokens are issued')
    const [type, token] = [form.only('subject_token_type'), form.only('subject_token')]
    if (type === TOKEN_TYPES.delegation) return delegated(request, token)
    if (type === TOKEN_TYPES.idToken) return forSignedInHuman(request, token, idTokens)
    throw invalid('this type of subject token is not taken')
  }
