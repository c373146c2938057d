import type { AttackKit, Mutation, NegativeCase } from './attack-kit.ts'
import { authorityOf, signJwt } from './attack-kit.ts'
import { mint, minted } from './token-cases.suite.ts'
import { thiefKey } from './odd-keys.suite.ts'
import { numbered, refusedAs } from './rows.ts'

/** Tokens that the authority signed, and that say something which does not hold here. */
export const strangeTokenCases = (): readonly NegativeCase[] => [
  ...refusedAs('token_invalid', numbered('TC', formsOfClaims()), 'authority'),
  ...refusedAs('token_invalid', numbered('TA', formsOfChain()), 'authority'),
  ...refusedAs('token_invalid', numbered('TH', formsOfHeader()), 'authority'),
  ...refusedAs('token_revoked', numbered('TR', fallen()), 'authority'),
]

type Forms = readonly (readonly [string, Mutation])[]

const formsOfClaims = (): Forms => [
  [
    'aud of another connection',
    { token: (kit) => mint(kit, { aud: kit.url.replace(/[^/]+\/mcp$/, 'other/mcp') }) },
  ],
  ['aud a prefix of the right one', { token: (kit) => mint(kit, { aud: new URL(kit.url).origin }) }],
  ['aud that goes on after the right one', { token: (kit) => mint(kit, { aud: `${kit.url}/more` }) }],
  ['aud an empty list', minted({ aud: [] })],
  ['aud missing', minted({ aud: undefined })],
  ['aud an object', { token: (kit) => mint(kit, { aud: { 0: kit.url } }) }],
  ['iss with a slash after it', { token: (kit) => mint(kit, { iss: `${authorityOf(kit).claims.iss}/` }) }],
  ['iss missing', minted({ iss: undefined })],
  ['exp missing', minted({ exp: undefined })],
  ['exp a string', minted({ exp: '99999999999' })],
  ['exp with a fraction', minted({ exp: 99_999_999_999.5 })],
  ['exp of this very second', { token: (kit) => mint(kit, { exp: Math.floor(kit.nowMs / 1_000) }) }],
  ['nbf a string', minted({ nbf: '0' })],
  ['tid missing', minted({ tid: undefined })],
  ['sid missing', minted({ sid: undefined })],
  ['sid of another form', minted({ sid: 'ses_1' })],
  ['sub an agent', { token: (kit) => mint(kit, { sub: authorityOf(kit).claims.client_id }) }],
  ['sub missing', minted({ sub: undefined })],
  ['jti missing', minted({ jti: undefined })],
  ['epochs as strings', minted({ epo: { t: '0', a: '0', h: '0' } })],
  ['a negative epoch', minted({ epo: { a: -1 } })],
  ['cnf an array', { token: (kit) => mint(kit, { cnf: [authorityOf(kit).claims.cnf] }) }],
  ['cnf empty', minted({ cnf: {} })],
  [
    'cnf that holds a key as well',
    { token: (kit) => mint(kit, { cnf: { ...authorityOf(kit).claims.cnf, jwk: {} } }) },
  ],
  [
    'cnf with a list of thumbprints',
    { token: (kit) => mint(kit, { cnf: { jkt: [authorityOf(kit).claims.cnf.jkt] } }) },
  ],
  ['cnf with a thumbprint in hex', minted({ cnf: { jkt: 'a'.repeat(64) } })],
  ['authorization details that are no list', minted({ authorization_details: { type: 'writ_tool' } })],
  ['authorization details of an unknown type', minted({ authorization_details: [{ type: 'other_tool' }] })],
  [
    'authorization details with an unknown member',
    minted({ authorization_details: [{ type: 'writ_tool', hosts: [] }] }),
  ],
  ['no authorization at all', minted({ authorization_details: [] })],
]

const formsOfChain = (): Forms => [
  ['act missing', minted({ act: undefined })],
  ['act of another agent', minted({ act: { sub: agent(1) } })],
  ['act a string', { token: (kit) => mint(kit, { act: authorityOf(kit).claims.client_id }) }],
  ['delegated without a session that it came from', chained([agent(1)], {})],
  ['a session that it came from, without a delegator', minted({ psid: `ses_${'1'.repeat(26)}` })],
  [
    'delegated to itself',
    { token: (kit) => mint(kit, { ...chainOf(kit, [authorityOf(kit).claims.client_id]), ...FROM }) },
  ],
  ['older sessions, without a delegator', minted({ psids: [`ses_${'1'.repeat(26)}`] })],
  ['more sessions than delegators', chained([agent(1)], { ...FROM, psids: [`ses_${'2'.repeat(26)}`] })],
  ['the same session twice in its line', chained([agent(1), agent(2)], { ...FROM, psids: [FROM.psid] })],
  ['delegated by five agents', chained([1, 2, 3, 4, 5].map(agent), FROM)],
  ['delegated in a circle', chained([agent(1), agent(2), agent(1)], FROM)],
  [
    'delegated by the very session',
    { token: (kit) => mint(kit, { ...chainOf(kit, [agent(1)]), psid: authorityOf(kit).claims.sid }) },
  ],
]

const formsOfHeader = (): Forms => [
  ['typ in capitals', minted({}, { typ: 'AT+JWT' })],
  ['typ missing', minted({}, { typ: undefined })],
  ['typ of a proof', minted({}, { typ: 'dpop+jwt' })],
  ['kid missing', minted({}, { kid: undefined })],
  ['kid a list', { token: (kit) => mint(kit, {}, { kid: [authorityOf(kit).signer.kid] }) }],
  ['kid of a path', minted({}, { kid: '../../../dev/null' })],
  ['a jwk of its own', minted({}, { jwk: thiefKey().publicJwk })],
  ['a jku of its own', minted({}, { jku: 'https://thief.example/jwks' })],
  ['an x5c of its own', minted({}, { x5c: ['AAAA'] })],
  ['an unencoded payload', minted({}, { b64: false })],
  ['a compressed payload', minted({}, { zip: 'DEF' })],
  ['a nested JWT', minted({}, { cty: 'JWT' })],
  [
    'a thief who brings the key in the header',
    {
      token: (kit) => {
        const { signer, claims } = authorityOf(kit)
        const header = { alg: 'ES256', typ: 'at+jwt', kid: signer.kid, jwk: thiefKey().publicJwk }
        return signJwt(header, claims, thiefKey().privateKey)
      },
    },
  ],
]

const fallen = (): Forms => [
  [
    'a token that was revoked by itself',
    { token: (kit) => mint(kit, { jti: authorityOf(kit).revokedToken }) },
  ],
  ['an epoch that the agent has not reached', withEpoch((epo) => ({ ...epo, a: epo.a + 1 }))],
  ['another epoch of the tenant', withEpoch((epo) => ({ ...epo, t: epo.t + 1 }))],
  ['another epoch of the human', withEpoch((epo) => ({ ...epo, h: epo.h + 1 }))],
  ['a human that nobody knows', minted({ sub: `hum_${'7'.repeat(26)}` })],
  ['an agent that nobody knows', minted({ client_id: agent(7), act: { sub: agent(7) } })],
  ['a delegator that nobody knows', chained([agent(1)], FROM)],
]

type Epochs = ReturnType<typeof authorityOf>['claims']['epo']

const withEpoch = (change: (epochs: Epochs) => Epochs): Mutation => ({
  token: (kit) => mint(kit, { epo: change(authorityOf(kit).claims.epo) }),
})

const agent = (mark: number): string => `agt_${String(mark).repeat(26)}`

const FROM = { psid: `ses_${'1'.repeat(26)}` }

const chained = (delegators: readonly string[], more: object): Mutation => ({
  token: (kit) => mint(kit, { ...chainOf(kit, delegators), ...more }),
})

/** The agent of the kit, to whom these delegated: newest first. */
function chainOf(kit: AttackKit, delegators: readonly string[]): object {
  const nested = delegators.toReversed().reduce<object | undefined>((act, sub) => ({ sub, act }), undefined)
  return { act: { sub: authorityOf(kit).claims.client_id, act: nested } }
}
