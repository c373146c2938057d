import { GRANT_TYPES, TOKEN_TYPES } from '@writ/contracts'
import { publicJwkOf, thumbprintOf } from '@writ/identity'
import { enrolledAgent } from '../../testing/agents.ts'
import {
  asking,
  challengeOf,
  CLIENT_CREDENTIALS,
  draftOf,
  issuerOf,
  newJti,
  parameterOf,
  provenBy,
  send,
  signJwt,
  withClaims,
  withHeader,
} from './draft.suite.ts'
import type { Draft, Jwt, Members } from './draft.suite.ts'
import { rowsFrom } from './row.suite.ts'
import type { Row } from './row.suite.ts'
import {
  begin,
  bindSubject,
  codeDraft,
  consent,
  delegationOf,
  deviceDraft,
  exchangeOf,
  newKey,
  REDIRECT,
} from './stage.suite.ts'
import type { Stage } from './stage.suite.ts'

const GRANT = [400, 'invalid_grant'] as const
const REQUEST = [400, 'invalid_request'] as const
const DETAILS = [400, 'invalid_authorization_details'] as const
const nowS = () => Math.floor(Date.now() / 1000)
const BOUND = JSON.stringify([{ type: 'writ_tool', tools: ['get_*'], connections: ['crm'] }])
const WIDER = JSON.stringify([{ type: 'writ_tool', tools: ['*'], connections: ['crm'] }])

/** The delegation that each valid exchange carries, so that a row can change and sign it anew. */
const carried = new WeakMap<Draft, { readonly jwt: Jwt; readonly parent: { readonly sid: string } }>()

async function validDelegation(stage: Stage): Promise<Draft> {
  const { slug, agent, other } = stage
  const parent = await begin(stage, agent, { slug, parameters: { authorization_details: BOUND } })
  const jwt = delegationOf(slug, parent.key, { from: agent.id, to: other.id })
  const draft = exchangeOf(slug, other, { delegation: jwt })
  carried.set(draft, { jwt, parent })
  return draft
}

const carriedBy = (draft: Draft) => {
  const found = carried.get(draft)
  if (!found) throw new Error('this draft carries no delegation')
  return found
}

const redelegated =
  (change: (jwt: Jwt, stage: Stage) => Jwt | Promise<Jwt>): Row['change'] =>
  async (draft, stage) =>
    asking({ subject_token: signJwt(await change(carriedBy(draft).jwt, stage)) })(draft)

const said = (claims: Members): Row['change'] => redelegated((jwt) => withClaims(jwt, claims))
const delegation = rowsFrom(validDelegation)

export const DELEGATION_ROWS: readonly Row[] = [
  delegation(
    'A18',
    'a delegation of a foreign agent',
    async (draft, stage) => {
      const { foreign, other, slug } = stage
      const parent = await begin(stage, foreign, { slug: foreign.slug })
      const jwt = delegationOf(slug, parent.key, { from: foreign.id, to: other.id })
      return asking({ subject_token: signJwt(jwt) })(draft)
    },
    REQUEST,
  ),
  delegation(
    'A18',
    'a delegation for another authority',
    redelegated((jwt, { foreign }) => withClaims(jwt, { aud: issuerOf(foreign.slug) })),
    REQUEST,
  ),
  delegation(
    'A18',
    'a delegation to another agent',
    redelegated((jwt, { foreign }) => withClaims(jwt, { sub: foreign.id })),
    REQUEST,
  ),
  delegation(
    'A18',
    'a delegation in the name of another agent',
    redelegated((jwt, { other }) => withClaims(jwt, { iss: other.id })),
    REQUEST,
  ),
  delegation(
    'A18',
    'a delegation by the identity key',
    redelegated((jwt, { agent }) => ({
      ...withHeader(jwt, { jwk: publicJwkOf(agent.identityKey) }),
      key: agent.identityKey,
    })),
    REQUEST,
  ),
  delegation(
    'A18',
    'a delegation by a key of no session',
    redelegated((jwt) => {
      const key = newKey()
      return { ...withHeader(jwt, { jwk: publicJwkOf(key) }), key }
    }),
    REQUEST,
  ),
  delegation(
    'A18',
    'a delegation by another key than it shows',
    redelegated((jwt) => ({ ...jwt, key: newKey() })),
    REQUEST,
  ),
  delegation(
    'A18',
    'a delegation without a key',
    redelegated((jwt) => withHeader(jwt, { jwk: undefined })),
    REQUEST,
  ),
  delegation(
    'A18',
    'a delegation that shows its private key',
    redelegated((jwt) => withHeader(jwt, { jwk: jwt.key.export({ format: 'jwk' }) })),
    REQUEST,
  ),
  delegation(
    'A18',
    'a delegation of another type',
    redelegated((jwt) => withHeader(jwt, { typ: 'dpop+jwt' })),
    REQUEST,
  ),
  delegation(
    'A18',
    'a delegation that has ended',
    (draft, stage) => said({ exp: nowS() - 1 })(draft, stage),
    REQUEST,
  ),
  delegation(
    'A18',
    'a delegation for longer than five minutes',
    (draft, stage) => said({ exp: nowS() + 330 })(draft, stage),
    REQUEST,
  ),
  delegation('A18', 'a delegation without end', said({ exp: undefined }), REQUEST),
  delegation('A18', 'a delegation without jti', said({ jti: undefined }), REQUEST),
  delegation(
    'A18',
    'a delegation of more than the session may do',
    said({ authorization_details: JSON.parse(WIDER) }),
    DETAILS,
  ),
  delegation(
    'A18',
    'a delegation of what no session may do',
    said({ authorization_details: [{ type: 'x' }] }),
    REQUEST,
  ),
  delegation('A18', 'a wish for more than was delegated', asking({ authorization_details: WIDER }), DETAILS),
  delegation(
    'A18',
    'a wish for what is not bounded',
    asking({ authorization_details: '[{"type":"writ_tool"}]' }),
    DETAILS,
  ),
  delegation(
    'A18',
    'an actor token',
    asking({ actor_token: 'ey', actor_token_type: TOKEN_TYPES.accessToken }),
    REQUEST,
  ),
  delegation(
    'A18',
    'a wish for a refresh token',
    asking({ requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }),
    REQUEST,
  ),
  delegation(
    'A18',
    'an access token as subject',
    async (draft, stage) => {
      const { token } = await begin(stage, stage.agent, { slug: stage.slug })
      return asking({ subject_token: token, subject_token_type: TOKEN_TYPES.accessToken })(draft)
    },
    REQUEST,
  ),
  delegation(
    'A18',
    'an access token as delegation',
    async (draft, stage) => {
      const { token } = await begin(stage, stage.agent, { slug: stage.slug })
      return asking({ subject_token: token })(draft)
    },
    REQUEST,
  ),
  delegation(
    'A22',
    'an identity assertion as subject',
    asking({ subject_token_type: 'urn:ietf:params:oauth:token-type:id-jag' }),
    REQUEST,
  ),
  delegation('A18', 'no subject', asking({ subject_token: null }), REQUEST),
  delegation('A18', 'no type of subject', asking({ subject_token_type: null }), REQUEST),
  delegation(
    'A18',
    'the session key of the session that delegates',
    (draft) => provenBy(carriedBy(draft).jwt.key)(draft),
    GRANT,
  ),
  delegation(
    'A18',
    'an agent that delegates to itself',
    async (_, stage) => {
      const { agent, slug } = stage
      const parent = await begin(stage, agent, { slug })
      return exchangeOf(slug, agent, {
        delegation: delegationOf(slug, parent.key, { from: agent.id, to: agent.id }),
      })
    },
    REQUEST,
  ),
  delegation(
    'A18',
    'an agent that delegates back',
    async (_, stage) => {
      const { agent, other, slug, plane } = stage
      const parent = await begin(stage, agent, { slug })
      const key = newKey()
      const down = delegationOf(slug, parent.key, { from: agent.id, to: other.id })
      await send(plane, exchangeOf(slug, other, { delegation: down, sessionKey: key }))
      return exchangeOf(slug, agent, {
        delegation: delegationOf(slug, key, { from: other.id, to: agent.id }),
      })
    },
    REQUEST,
  ),
  delegation(
    'A18',
    'a delegation that was used',
    async (draft, { plane, slug, other }) => {
      await send(plane, draft)
      return exchangeOf(slug, other, { delegation: carriedBy(draft).jwt })
    },
    REQUEST,
    true,
  ),
  delegation(
    'A18',
    'a delegation by a session that was ended',
    async (draft, { plane, key }) => {
      await plane.ask('DELETE', `/api/v1/sessions/${carriedBy(draft).parent.sid}`, { key })
      return draft
    },
    REQUEST,
    true,
  ),
  delegation(
    'A18',
    'a delegation by a session without a living token',
    async (draft, { plane }) => {
      await plane.query(
        `update writ.sessions set last_token_at = now() - interval '6 minutes' where id = $1`,
        [carriedBy(draft).parent.sid],
      )
      return draft
    },
    REQUEST,
    true,
  ),
]

async function validIdToken(stage: Stage): Promise<Draft> {
  const subject = newJti()
  const agent = await enrolledAgent(stage.plane, stage.slug, stage.key)
  await bindSubject(stage, stage.human, subject)
  await consent(stage, agent, { verifier: newJti(), parameters: { authorization_details: BOUND } })
  return idTokenDraft(stage, agent, await idTokenFor(stage, subject))
}

const idTokenDraft = (stage: Stage, agent: Stage['agent'], token: string): Draft =>
  draftOf(stage.slug, agent, {
    sessionKey: newKey(),
    parameters: {
      grant_type: GRANT_TYPES.tokenExchange,
      subject_token_type: TOKEN_TYPES.idToken,
      subject_token: token,
    },
  })

const idTokenFor = (
  { idp, clientId }: Stage,
  sub: string,
  claims: Members = {},
  header: Record<string, string> = {},
) => idp.sign({ iss: idp.issuer, aud: clientId, sub, iat: nowS(), exp: nowS() + 300, ...claims }, header)

const subjectIn = (draft: Draft): string =>
  JSON.parse(Buffer.from(parameterOf(draft, 'subject_token').split('.')[1] ?? '', 'base64url').toString()).sub

const reissued =
  (claims: (stage: Stage) => Members): Row['change'] =>
  async (draft, stage) =>
    asking({ subject_token: await idTokenFor(stage, subjectIn(draft), claims(stage)) })(draft)

const idToken = rowsFrom(validIdToken)

export const ID_TOKEN_ROWS: readonly Row[] = [
  idToken(
    'A18',
    'an ID token for another client',
    reissued(() => ({ aud: 'another-client' })),
    REQUEST,
  ),
  idToken(
    'A18',
    'an ID token for two clients',
    reissued(({ clientId }) => ({ aud: [clientId, 'another'] })),
    REQUEST,
  ),
  idToken(
    'A18',
    'an ID token that was made for another',
    reissued(({ clientId }) => ({ aud: [clientId, 'another'], azp: 'another' })),
    REQUEST,
  ),
  idToken(
    'A18',
    'an ID token of another issuer',
    reissued(() => ({ iss: 'https://idp.example' })),
    REQUEST,
  ),
  idToken(
    'A18',
    'an ID token that has ended',
    reissued(() => ({ exp: nowS() - 60 })),
    REQUEST,
  ),
  idToken(
    'A18',
    'an ID token of an hour ago',
    reissued(() => ({ iat: nowS() - 3600 })),
    REQUEST,
  ),
  idToken(
    'A18',
    'an ID token without a moment',
    reissued(() => ({ iat: undefined })),
    REQUEST,
  ),
  idToken(
    'A18',
    'an ID token about nobody here',
    reissued(() => ({ sub: 'nobody' })),
    REQUEST,
  ),
  idToken(
    'A24',
    'a logout token',
    reissued(() => ({ events: {} })),
    REQUEST,
  ),
  idToken(
    'A18',
    'an ID token with a changed signature',
    (draft) => asking({ subject_token: `${parameterOf(draft, 'subject_token').slice(0, -6)}AAAAAA` })(draft),
    REQUEST,
  ),
  idToken(
    'A18',
    'an unsigned ID token',
    (draft) => {
      const [, claims] = parameterOf(draft, 'subject_token').split('.')
      return asking({ subject_token: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.` })(
        draft,
      )
    },
    REQUEST,
  ),
  idToken('A18', 'something that is no token', asking({ subject_token: 'x' }), REQUEST),
  idToken(
    'A18',
    'an agent that the human never let',
    async (draft, stage) => idTokenDraft(stage, stage.other, parameterOf(draft, 'subject_token')),
    REQUEST,
  ),
  idToken('A18', 'a wish for more than the human gave', asking({ authorization_details: WIDER }), DETAILS),
]

const KEY_OF_CODE = newKey()
const code = rowsFrom((stage) => codeDraft(stage))
const boundCode = rowsFrom((stage) => {
  const sessionKey = newKey()
  return codeDraft(stage, {
    sessionKey,
    parameters: { dpop_jkt: thumbprintOf(publicJwkOf(sessionKey)), authorization_details: BOUND },
  })
})

export const CODE_ROWS: readonly Row[] = [
  boundCode('A02', 'another key than the code is bound to', (draft) => provenBy(KEY_OF_CODE)(draft), GRANT),
  boundCode('A02', 'a wish for more than the human gave', asking({ authorization_details: WIDER }), DETAILS),
  code('A02', 'another verifier', asking({ code_verifier: 'x'.repeat(43) }), GRANT),
  code('A02', 'no verifier', asking({ code_verifier: null }), REQUEST),
  code(
    'A02',
    'the challenge as verifier',
    (draft) => asking({ code_verifier: challengeOf(parameterOf(draft, 'code_verifier')) })(draft),
    GRANT,
  ),
  code('A02', 'another address', asking({ redirect_uri: `${REDIRECT}/` }), GRANT),
  code('A02', 'no address', asking({ redirect_uri: null }), REQUEST),
  code('A02', 'a code that nobody has', asking({ code: 'A'.repeat(43) }), GRANT),
  code(
    'A02',
    'the code of another agent',
    (draft, { slug, other }) =>
      draftOf(slug, other, { sessionKey: newKey(), parameters: Object.fromEntries(draft.parameters) }),
    GRANT,
  ),
  code(
    'A02',
    'the code at another tenant',
    (draft, { foreign }) =>
      draftOf(foreign.slug, foreign, {
        sessionKey: newKey(),
        parameters: Object.fromEntries(draft.parameters),
      }),
    GRANT,
  ),
  code(
    'A02',
    'a code that has ended',
    async (draft, { plane }) => {
      await plane.query(`update writ.authorization_codes set expires_at = now() - interval '1 second'`)
      return draft
    },
    GRANT,
    true,
  ),
  code(
    'A02',
    'a grant that was taken back',
    async (draft, { plane }) => {
      await plane.query('update writ.grants set revoked_at = now()')
      return draft
    },
    GRANT,
    true,
  ),
]

const device = rowsFrom((stage) => deviceDraft(stage))
/** Asked for without a proof, so that any key may use it once. */
const looseDevice = rowsFrom((stage) => deviceDraft(stage, { bound: false }))

export const DEVICE_ROWS: readonly Row[] = [
  device('A02', 'another key than the device asked with', (draft) => provenBy(newKey())(draft), GRANT),
  device('A02', 'a device code that nobody has', asking({ device_code: 'A'.repeat(43) }), GRANT),
  device('A02', 'no device code', asking({ device_code: null }), REQUEST),
  device(
    'A02',
    'the device code of another agent',
    (draft, { slug, other }) =>
      draftOf(slug, other, { sessionKey: newKey(), parameters: Object.fromEntries(draft.parameters) }),
    GRANT,
  ),
  device(
    'A02',
    'the device code at another tenant',
    (draft, { foreign }) =>
      draftOf(foreign.slug, foreign, {
        sessionKey: newKey(),
        parameters: Object.fromEntries(draft.parameters),
      }),
    GRANT,
  ),
  looseDevice(
    'A02',
    'a device code that was used',
    async (draft, { plane, slug, agent }) => {
      await send(plane, draft)
      return draftOf(slug, agent, { sessionKey: newKey(), parameters: Object.fromEntries(draft.parameters) })
    },
    GRANT,
    true,
  ),
  device(
    'A02',
    'a device code that has ended',
    async (draft, { plane }) => {
      await plane.query(`update writ.device_codes set expires_at = now() - interval '1 second'`)
      return draft
    },
    [400, 'expired_token'],
    true,
  ),
]

const NARROW = JSON.stringify([{ type: 'writ_tool', tools: ['get_*'] }])

/** A renewal by the session key of a narrowed session: what other authorities do with a refresh token. */
const renewal = rowsFrom(async (stage) => {
  const { agent, slug } = stage
  const parameters = { authorization_details: NARROW }
  const { key } = await begin(stage, agent, { slug, parameters })
  return draftOf(slug, agent, { sessionKey: key, parameters: CLIENT_CREDENTIALS })
})

const sessionIs = async (draft: Draft, { plane }: Stage, change: string): Promise<Draft> => {
  const jwk = publicJwkOf(draft.proofs[0]?.key ?? newKey())
  await plane.query(`update writ.sessions set ${change} where key_thumbprint = $1`, [thumbprintOf(jwk)])
  return draft
}

export const RENEWAL_ROWS: readonly Row[] = [
  renewal('A04', 'no proof', (draft) => ({ ...draft, proofs: [] }), REQUEST),
  renewal(
    'A03',
    'the key of another session',
    (draft, stage) => provenBy(stage.other.identityKey)(draft),
    GRANT,
  ),
  renewal(
    'A03',
    'another agent',
    (draft, { slug, other }) =>
      draftOf(slug, other, { sessionKey: draft.proofs[0]?.key ?? newKey(), parameters: CLIENT_CREDENTIALS }),
    GRANT,
  ),
  renewal(
    'A18',
    'a wish for more than the session may do',
    asking({ authorization_details: '[{"type":"writ_tool"}]' }),
    DETAILS,
  ),
  renewal(
    'A03',
    'a session that was ended',
    (draft, stage) => sessionIs(draft, stage, 'ended_at = now()'),
    GRANT,
    true,
  ),
  renewal(
    'A03',
    'a session that has run out',
    (draft, stage) => sessionIs(draft, stage, 'ends_at = now()'),
    GRANT,
    true,
  ),
]
