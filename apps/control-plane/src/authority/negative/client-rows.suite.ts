import { createHmac } from 'node:crypto'
import { GRANT_TYPES } from '@writ/contracts'
import { publicJwkOf } from '@writ/identity'
import { GATEWAY } from '../../testing/given.ts'
import {
  asking,
  asserting,
  draftOf,
  issuerOf,
  newJti,
  proving,
  provenBy,
  send,
  signJwt,
  withClaims,
  withHeader,
} from './draft.suite.ts'
import type { Draft, Jwt, Members } from './draft.suite.ts'
import { rowsFrom } from './row.suite.ts'
import type { Row } from './row.suite.ts'
import { newKey, ownCredentials } from './stage.suite.ts'
import type { Stage } from './stage.suite.ts'

const row = rowsFrom(ownCredentials)
const CLIENT = [401, 'invalid_client'] as const
const PROOF = [400, 'invalid_dpop_proof'] as const
const REQUEST = [400, 'invalid_request'] as const

const claim = (claims: Members) => asserting((jwt) => withClaims(jwt, claims))
const header = (members: Members) => asserting((jwt) => withHeader(jwt, members))
const proof = (claims: Members) => proving((jwt) => withClaims(jwt, claims))
const proofHeader = (members: Members) => proving((jwt) => withHeader(jwt, members))
const nowS = () => Math.floor(Date.now() / 1000)

/** Sends the request first, so that the next one with the same values is a replay; everything else about the next one is new. */
const afterUse =
  (again: (used: Draft, stage: Stage) => Draft): Row['change'] =>
  async (draft, stage) => {
    const used = await send(stage.plane, draft)
    if (used.status !== 200) throw new Error('the valid request did not pass')
    return again(draft, stage)
  }

const withProofOf = (draft: Draft, { proofs }: Draft): Draft => ({ ...draft, proofs })
const withJti = (jwt: Jwt | null, other: Jwt | null): Jwt | null =>
  jwt && withClaims(jwt, { jti: other?.claims['jti'] })

const hmacSigned = ({ claims, key }: Jwt, typ: string): string => {
  const text = [{ alg: 'HS256', typ }, claims]
    .map((one) => Buffer.from(JSON.stringify(one)).toString('base64url'))
    .join('.')
  return `${text}.${createHmac('sha256', JSON.stringify(publicJwkOf(key)))
    .update(text)
    .digest('base64url')}`
}

const unsigned = ({ header: members, claims }: Jwt): string =>
  `${[{ ...members, alg: 'none' }, claims].map((one) => Buffer.from(JSON.stringify(one)).toString('base64url')).join('.')}.`

const flipped = (jws: string): string => {
  const [head, body, signature = ''] = jws.split('.')
  return [head, body, (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)].join('.')
}

export const CLIENT_ROWS: readonly Row[] = [
  row('A01', 'no proof', (draft) => ({ ...draft, proofs: [] }), REQUEST),
  row('A01', 'two proofs', (draft) => ({ ...draft, proofs: [...draft.proofs, ...draft.proofs] }), PROOF),
  row(
    'A01',
    'two proofs in one field',
    (draft) => ({
      ...draft,
      raw: { proof: draft.proofs.flatMap((one) => [signJwt(one), signJwt(one)]).join(', ') },
    }),
    PROOF,
  ),
  row('A03', 'a refresh token', asking({ grant_type: 'refresh_token', refresh_token: 'r' }), [
    400,
    'unsupported_grant_type',
  ]),
  row(
    'A05',
    'a proof for a gateway',
    (draft, { slug }) => proof({ htu: `${GATEWAY}/${slug}/crm/mcp` })(draft),
    PROOF,
  ),
  row('A05', 'a proof for the issuer', (draft, { slug }) => proof({ htu: issuerOf(slug) })(draft), PROOF),
  row(
    'A05',
    'a proof for another tenant',
    (draft, { foreign }) => proof({ htu: `${issuerOf(foreign.slug)}/token` })(draft),
    PROOF,
  ),
  row('A05', 'a proof for another method', proof({ htm: 'GET' }), PROOF),
  row('A05', 'a proof of an hour ago', (draft) => proof({ iat: nowS() - 3600 })(draft), [
    400,
    'use_dpop_nonce',
  ]),
  row('A05', 'a proof with a nonce of nobody', proof({ nonce: newJti() }), [400, 'use_dpop_nonce']),
  row('A05', 'a proof with another typ', proofHeader({ typ: 'JWT' }), PROOF),
  row('A05', 'a proof without jti', proof({ jti: undefined }), PROOF),
  row(
    'A05',
    'a proof that shows its private key',
    proving((jwt) => withHeader(jwt, { jwk: jwt.key.export({ format: 'jwk' }) })),
    PROOF,
  ),
  row(
    'A05',
    'a proof by another key than it shows',
    proving((jwt) => ({ ...jwt, key: newKey() })),
    PROOF,
  ),
  row(
    'A05',
    'an unsigned proof',
    (draft) => ({ ...draft, raw: { proof: draft.proofs.map(unsigned).join() } }),
    PROOF,
  ),
  row(
    'A05',
    'a proof with a changed signature',
    (draft) => ({ ...draft, raw: { proof: flipped(draft.proofs.map(signJwt).join()) } }),
    PROOF,
  ),
  row('A05', 'a proof for another body', proof({ wbd: 'A'.repeat(43) }), PROOF),
  row(
    'A06',
    'a proof that was used',
    afterUse((used, stage) => withProofOf(ownCredentials(stage), used)),
    PROOF,
    true,
  ),
  row(
    'A06',
    'a proof that another client used',
    afterUse((used, { slug, other }) => {
      const parameters = Object.fromEntries(used.parameters)
      return withProofOf(draftOf(slug, other, { sessionKey: newKey(), parameters }), used)
    }),
    PROOF,
    true,
  ),
  row(
    'A08',
    'an assertion for the token endpoint',
    (draft, { slug }) => claim({ aud: `${issuerOf(slug)}/token` })(draft),
    CLIENT,
  ),
  row('A08', 'an assertion for a gateway', claim({ aud: GATEWAY }), CLIENT),
  row(
    'A08',
    'an assertion for another tenant',
    (draft, { foreign }) => claim({ aud: issuerOf(foreign.slug) })(draft),
    CLIENT,
  ),
  row(
    'A08',
    'an assertion for two',
    (draft, { slug }) => claim({ aud: [issuerOf(slug), GATEWAY] })(draft),
    CLIENT,
  ),
  row('A08', 'an assertion without audience', claim({ aud: undefined }), CLIENT),
  row(
    'A08',
    'an assertion that was used',
    afterUse((used, stage) => {
      const fresh = ownCredentials(stage)
      return { ...fresh, assertion: withJti(fresh.assertion, used.assertion) }
    }),
    CLIENT,
    true,
  ),
  row(
    'A08',
    'an assertion for longer than five minutes',
    (draft) => claim({ exp: nowS() + 330 })(draft),
    CLIENT,
  ),
  row('A08', 'an assertion without end', claim({ exp: undefined }), CLIENT),
  row('A08', 'an assertion that has ended', (draft) => claim({ exp: nowS() - 1 })(draft), CLIENT),
  row('A08', 'an assertion that has not begun', (draft) => claim({ nbf: nowS() + 60 })(draft), CLIENT),
  row('A08', 'an assertion without jti', claim({ jti: undefined }), CLIENT),
  row(
    'A08',
    'an assertion of one agent about another',
    (draft, { other }) => claim({ sub: other.id })(draft),
    CLIENT,
  ),
  row(
    'A08',
    'an assertion about another agent',
    (draft, { other }) => claim({ iss: other.id, sub: other.id })(draft),
    CLIENT,
  ),
  row(
    'A08',
    'an assertion about a foreign agent',
    (draft, { foreign }) => claim({ iss: foreign.id, sub: foreign.id })(draft),
    CLIENT,
  ),
  row(
    'A08',
    'an assertion by a foreign agent',
    (draft, { foreign }) =>
      asserting((jwt) => ({
        ...withClaims(jwt, { iss: foreign.id, sub: foreign.id }),
        key: foreign.identityKey,
      }))(draft),
    CLIENT,
  ),
  row(
    'A08',
    'an assertion by a stranger',
    asserting((jwt) => ({ ...jwt, key: newKey() })),
    CLIENT,
  ),
  row(
    'A08',
    'an assertion by the session key',
    (draft) => asserting((jwt) => ({ ...jwt, key: draft.proofs[0]?.key ?? jwt.key }))(draft),
    CLIENT,
  ),
  row('A08', 'an assertion of another type', header({ typ: 'at+jwt' }), CLIENT),
  row('A08', 'a proof as assertion', header({ typ: 'dpop+jwt' }), CLIENT),
  row('A08', 'an assertion with a critical extension', header({ crit: ['x'] }), CLIENT),
  row(
    'A08',
    'an unsigned assertion',
    (draft) => ({ ...draft, raw: { assertion: draft.assertion ? unsigned(draft.assertion) : '' } }),
    CLIENT,
  ),
  row(
    'A08',
    'an assertion under the public key as a secret',
    (draft) => ({ ...draft, raw: { assertion: draft.assertion ? hmacSigned(draft.assertion, 'JWT') : '' } }),
    CLIENT,
  ),
  row('A08', 'no assertion', (draft) => ({ ...draft, assertion: null }), REQUEST),
  row('A08', 'another kind of assertion', asking({ client_assertion_type: 'urn:x' }), REQUEST),
  row(
    'A08',
    'another client_id than the assertion',
    (draft, { other }) => asking({ client_id: other.id })(draft),
    REQUEST,
  ),
  row('A08', 'two assertions', asking({ client_assertion: 'ey' }), REQUEST),
  row(
    'A09',
    'the identity key as session key',
    (draft, { agent }) => provenBy(agent.identityKey)(draft),
    PROOF,
  ),
  row(
    'A09',
    'the identity key of another agent as session key',
    (draft, { other }) => provenBy(other.identityKey)(draft),
    [400, 'invalid_grant'],
  ),
  row(
    'A09',
    'the session key of another agent',
    async (draft, stage) => {
      const sessionKey = newKey()
      const parameters = Object.fromEntries(draft.parameters)
      await send(stage.plane, draftOf(stage.slug, stage.other, { sessionKey, parameters }))
      return provenBy(sessionKey)(draft)
    },
    [400, 'invalid_grant'],
  ),
  row('A17', 'a session that is ahead of the count', claim({ join_seq: 1_000_000 }), [400, 'invalid_grant']),
  row('A17', 'a count that is no number', claim({ join_seq: '0' }), CLIENT),
  row(
    'A22',
    'an identity assertion grant',
    asking({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: 'ey' }),
    [400, 'unsupported_grant_type'],
  ),
  row('A00', 'a password', asking({ grant_type: 'password' }), [400, 'unsupported_grant_type']),
  row('A00', 'no grant type', asking({ grant_type: null }), REQUEST),
  row(
    'A00',
    'two grant types',
    (draft) => ({
      ...draft,
      parameters: [...draft.parameters, ['grant_type', GRANT_TYPES.clientCredentials] as const],
    }),
    REQUEST,
  ),
  row('A00', 'another scope', asking({ scope: 'mcp admin' }), [400, 'invalid_scope']),
  row(
    'A00',
    'a resource of another tenant',
    (draft, { foreign }) => asking({ resource: `${GATEWAY}/${foreign.slug}` })(draft),
    [400, 'invalid_target'],
  ),
  row(
    'A00',
    'a resource by a detour',
    (draft, { slug, foreign }) => asking({ resource: `${GATEWAY}/${slug}/../${foreign.slug}/mcp` })(draft),
    [400, 'invalid_target'],
  ),
  row('A00', 'details that are no JSON', asking({ authorization_details: '[' }), [
    400,
    'invalid_authorization_details',
  ]),
  row('A00', 'details of another type', asking({ authorization_details: '[{"type":"payment"}]' }), [
    400,
    'invalid_authorization_details',
  ]),
  row(
    'A00',
    'details with a member that nobody knows',
    asking({ authorization_details: '[{"type":"writ_tool","tool":"x"}]' }),
    [400, 'invalid_authorization_details'],
  ),
  row('A00', 'details that permit nothing', asking({ authorization_details: '[]' }), [
    400,
    'invalid_authorization_details',
  ]),
]
