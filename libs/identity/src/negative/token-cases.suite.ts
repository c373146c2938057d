import { readObjectSegment } from '../compact-jws.ts'
import type { AttackKit, Mutation, NegativeCase } from './attack-kit.ts'
import { authorityOf, forge, signJwt } from './attack-kit.ts'
import { thiefKey } from './odd-keys.suite.ts'
import { refusedAs } from './rows.ts'

/** Access tokens: whether the token is one of this tenant, here and now. */
export const tokenCases = (): readonly NegativeCase[] => [
  ...refusedAs('token_invalid', [
    ['N93', 'access token with alg none', { token: unsigned }],
    [
      'N100',
      'a proof presented as access token',
      { token: (kit) => forge(kit, kit.newJti()).headers[1]?.[1] ?? '' },
    ],
    ['W27', 'access token under an unknown kid', { token: (kit) => resigned(kit, { kid: 'nobody:1' }) }],
    [
      'W28',
      "access token under the authority's kid, signed by a thief",
      { token: (kit) => resigned(kit, {}) },
    ],
    ['W29', 'access token with junk after its signature', { token: ({ accessToken }) => `${accessToken}=` }],
    [
      'W30',
      'access token of two segments',
      { token: ({ accessToken }) => accessToken.slice(0, accessToken.lastIndexOf('.')) },
    ],
  ]),
  ...refusedAs(
    'token_invalid',
    [
      ['N06', 'access token without cnf', minted({ cnf: undefined })],
      ['N47', 'access token bound to a certificate', minted({ cnf: { 'x5t#S256': 'A'.repeat(43) } })],
      ['W31', 'access token bound to a key and to a certificate', { token: boundTwice }],
      ['N88', 'access token expired', mintedBy((nowS) => ({ iat: nowS - 301, exp: nowS - 1 }))],
      ['W32', 'access token that begins in an hour', mintedBy((nowS) => ({ nbf: nowS + 3_600 }))],
      ['N89', 'access token for another gateway', minted({ aud: 'https://other-gateway.example/acme' })],
      ['N90', 'access token of another issuer', minted({ iss: 'https://id.example/t/other/oauth' })],
      ['N91', 'ID token presented as access token', minted({}, { typ: 'JWT' })],
      ['W33', 'access token with a critical extension', minted({}, { crit: ['x'], x: 1 })],
      ['W40', 'access token that names another algorithm', minted({}, { alg: 'RS256' })],
      ['W41', 'access token longer than 8192 bytes', minted({ pad: 'x'.repeat(8_192) })],
      ['N95', 'access token of another tenant, correctly signed', minted({ tid: `ten_${'7'.repeat(26)}` })],
      ['W34', 'access token without an epoch', minted({ epo: undefined })],
    ],
    'authority',
  ),
  ...refusedAs(
    'token_revoked',
    [
      ['N97', 'access token of a session that was ended', { token: ofEndedSession }],
      ['N99', 'access token of an older epoch of the agent', { token: ofOlderEpoch }],
    ],
    'authority',
  ),
]

export const minted = (claims: object, header: object = {}): Mutation => ({
  token: (kit) => mint(kit, claims, header),
})

const mintedBy = (claimsAt: (nowSeconds: number) => object): Mutation => ({
  token: (kit) => mint(kit, claimsAt(Math.floor(kit.nowMs / 1_000))),
})

/** A token that the authority signed, with some claims replaced. */
export function mint(kit: AttackKit, claims: object, header: object = {}): string {
  const { signer, claims: valid } = authorityOf(kit)
  const validHeader = { alg: 'ES256', typ: 'at+jwt', kid: signer.kid }
  return signJwt({ ...validHeader, ...header }, { ...valid, ...claims }, signer.privateKey)
}

function boundTwice(kit: AttackKit): string {
  const { cnf } = authorityOf(kit).claims
  return mint(kit, { cnf: { ...cnf, 'x5t#S256': 'A'.repeat(43) } })
}

const ofEndedSession = (kit: AttackKit): string => mint(kit, { sid: authorityOf(kit).endedSession })

const ofOlderEpoch = (kit: AttackKit): string => mint(kit, { epo: { a: authorityOf(kit).claims.epo.a - 1 } })

/** The valid token's claims, without a signature. */
function unsigned({ accessToken }: AttackKit): string {
  const [header = '', payload = ''] = accessToken.split('.')
  const none = { ...jsonIn(header), alg: 'none' }
  return `${Buffer.from(JSON.stringify(none)).toString('base64url')}.${payload}.`
}

/** The valid token's claims, signed by a thief. */
function resigned({ accessToken }: AttackKit, replacedHeader: object): string {
  const [header = '', payload = ''] = accessToken.split('.')
  return signJwt({ ...jsonIn(header), ...replacedHeader }, jsonIn(payload), thiefKey().privateKey)
}

const jsonIn = (segment: string): object => ({ ...readObjectSegment(segment) })
