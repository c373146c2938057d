import { encodeBase64url } from '../base64url.ts'
import { sha256 } from '../sha256.ts'
import type { AttackKit, Mutation, NegativeCase } from './attack-kit.ts'
import { asJson, having, numbered, refusedAs, without } from './rows.ts'

/** Claims that a lenient reader would coerce, repair or overlook. */
export const strangeClaimCases = (): readonly NegativeCase[] => [
  ...refusedAs('proof_invalid', numbered('CJ', formsOfJti())),
  ...refusedAs('proof_invalid', numbered('CM', formsOfMethod())),
  ...refusedAs('proof_invalid', numbered('CU', formsOfUrl())),
  ...refusedAs('proof_invalid', numbered('CT', formsOfTime())),
  ...refusedAs('proof_invalid', numbered('CH', formsOfHashes())),
  ...refusedAs('proof_invalid', numbered('CB', formsOfJson())),
  ...refusedAs(
    'nonce_required',
    numbered('CN', [
      ['a negative iat', replaced({ nonce: undefined, iat: -1 })],
      ['iat of zero', replaced({ nonce: undefined, iat: 0 })],
      ['iat of the largest safe integer', replaced({ nonce: undefined, iat: Number.MAX_SAFE_INTEGER })],
      ['an empty nonce', replaced({ nonce: '' })],
      ['a nonce with a blank', replaced({ nonce: ' ' })],
      ['a nonce of 1,000 characters', replaced({ nonce: 'n'.repeat(1_000) })],
    ]),
  ),
]

type Forms = readonly (readonly [string, Mutation])[]

const replaced = (claims: object): Mutation => ({ claims: having(claims) })

const formsOfJti = (): Forms => [
  ['an empty jti', replaced({ jti: '' })],
  ['jti null', replaced({ jti: null })],
  ['jti an array', replaced({ jti: ['12345678'] })],
  ['jti an object', replaced({ jti: { a: '12345678' } })],
  ['jti true', replaced({ jti: true })],
  ['jti of 2,000 characters', replaced({ jti: 'j'.repeat(2_000) })],
]

const formsOfMethod = (): Forms => [
  ['htm an array', { claims: (claims) => ({ ...claims, htm: [claims['htm']] }) }],
  ['htm null', replaced({ htm: null })],
  ['an empty htm', replaced({ htm: '' })],
  ['htm with a blank after it', { claims: (claims) => ({ ...claims, htm: `${String(claims['htm'])} ` }) }],
  ['htm with a NUL after it', { claims: (claims) => ({ ...claims, htm: `${String(claims['htm'])}\0` }) }],
  ['htm of several methods', { claims: (claims) => ({ ...claims, htm: `GET,${String(claims['htm'])}` }) }],
  ['htm a star', replaced({ htm: '*' })],
]

const urlBy = (change: (url: string) => unknown): Mutation => ({
  claims: (claims, { url }: AttackKit) => ({ ...claims, htu: change(url) }),
})

const formsOfUrl = (): Forms => [
  ['htu null', replaced({ htu: null })],
  ['an empty htu', replaced({ htu: '' })],
  ['htu a star', replaced({ htu: '*' })],
  ['htu with a slash too many', urlBy((url) => url.replace(/([^:/])\//, '$1//'))],
  ['htu of another case in its path', urlBy((url) => url.replace(/\/mcp$/, '/MCP'))],
  ['htu with a dot after its host', urlBy((url) => url.replace(/^(\w+:\/\/[^/:]+)/, '$1.'))],
  ['htu with an escape in its host', urlBy((url) => url.replace(/^(\w+:\/\/)./, '$1%67'))],
  ['htu without its host', urlBy((url) => url.replace(/\/\/[^/]+/, '//'))],
  ['htu without its scheme', urlBy((url) => url.replace(/^\w+:/, ''))],
  ['htu under a scheme of its own', urlBy((url) => url.replace(/^\w+:/, 'dpop:'))],
  ['htu with a line feed after it', urlBy((url) => `${url}\n`)],
  ['htu with a tab inside', urlBy((url) => url.replace('/mcp', '/\tmcp'))],
  ['htu with a NUL after it', urlBy((url) => `${url}\0`)],
  ['htu with an escaped NUL after it', urlBy((url) => `${url}%00`)],
  ['htu with a broken escape', urlBy((url) => `${url}%zz`)],
  ['htu with half an escape', urlBy((url) => `${url}%4`)],
  ['htu whose escapes are escaped', urlBy((url) => url.replace('/mcp', '/%256Dcp'))],
  ['htu with a semicolon parameter', urlBy((url) => `${url};jsessionid=1`)],
  ['htu that goes up to another resource', urlBy((url) => url.replace('/mcp', '/../other/mcp'))],
  [
    'htu that goes up by escapes to another resource',
    urlBy((url) => url.replace('/mcp', '/%2e%2E/other/mcp')),
  ],
  ['htu with a password', urlBy((url) => url.replace('://', '://:secret@'))],
  ['htu with two hosts', urlBy((url) => url.replace('://', '://thief.example,'))],
  ['htu with port 0', urlBy((url) => url.replace(/^(\w+:\/\/[^/:]+)(:\d+)?/, '$1:0'))],
  ['htu with a port that is no number', urlBy((url) => url.replace(/^(\w+:\/\/[^/:]+)(:\d+)?/, '$1:x'))],
  ['htu with a letter beyond ASCII in its path', urlBy((url) => url.replace('/mcp', '/m\u0441p'))],
  ['htu an object that has the right URL', urlBy((url) => ({ href: url }))],
]

const formsOfTime = (): Forms => [
  ['iat null', replaced({ iat: null })],
  ['iat true', replaced({ iat: true })],
  ['iat an array', { claims: (claims) => ({ ...claims, iat: [claims['iat']] }) }],
  ['iat beyond every number', { claimsJson: asJson('iat', '1e400') }],
  ['iat beyond the safe integers', { claimsJson: asJson('iat', '9007199254740993') }],
  ['iat that is not a number at all', { claimsJson: asJson('iat', 'NaN') }],
  ['iat with a plus', { claimsJson: (json) => json.replace('"iat":', '"iat":+') }],
  ['iat with a zero before it', { claimsJson: (json) => json.replace('"iat":', '"iat":0') }],
  ['iat a date', replaced({ iat: '2026-11-21T00:00:00Z' })],
  ['exp null', replaced({ exp: null })],
  ['exp with a fraction', replaced({ exp: 99_999_999_999.5 })],
  ['exp beyond every number', { claims: having({ exp: 1 }), claimsJson: asJson('exp', '1e400') }],
  [
    'exp of this very second',
    { claims: (claims, kit) => ({ ...claims, exp: Math.floor(kit.nowMs / 1_000) }) },
  ],
  ['nbf a string', replaced({ nbf: '1' })],
  ['nbf beyond every number', { claims: having({ nbf: 1 }), claimsJson: asJson('nbf', '1e400') }],
]

const formsOfHashes = (): Forms => [
  ['an empty ath', replaced({ ath: '' })],
  ['ath null', replaced({ ath: null })],
  ['ath an array', { claims: (claims) => ({ ...claims, ath: [claims['ath']] }) }],
  ['ath with padding', { claims: (claims) => ({ ...claims, ath: `${String(claims['ath'])}=` }) }],
  [
    'ath of the whole field',
    { claims: (claims, kit) => ({ ...claims, ath: sha256(`DPoP ${kit.accessToken}`) }) },
  ],
  ['ath of half the hash', { claims: (claims) => ({ ...claims, ath: String(claims['ath']).slice(0, 22) }) }],
  ['ath in the prototype only', { claims: without('ath'), claimsJson: inPrototype }],
  ['an empty wbd', replaced({ wbd: '' })],
  ['wbd null', replaced({ wbd: null })],
  ['wbd of no body', replaced({ wbd: sha256('') })],
  ['wbd with padding', { claims: (claims) => ({ ...claims, wbd: `${String(claims['wbd'])}=` }) }],
]

/** A member that a careless merge would take for the object's own. */
const inPrototype = (json: string): string => json.replace('{', '{"__proto__":{"ath":"x"},')

const formsOfJson = (): Forms => [
  ['no claims', { claimsJson: () => '{}' }],
  ['claims null', { claimsJson: () => 'null' }],
  ['claims a number', { claimsJson: () => '1' }],
  ['claims a string that holds the claims', { claimsJson: (json) => JSON.stringify(json) }],
  ['claims with a byte order mark', { claimsJson: (json) => `\ufeff${json}` }],
  ['claims with a byte after them', { claimsJson: (json) => `${json}x` }],
  ['claims with a NUL after them', { claimsJson: (json) => `${json}\0` }],
  ['claims twice', { claimsJson: (json) => json + json }],
  ['claims with a comment', { claimsJson: (json) => `/**/${json}` }],
  ['claims with a comma too many', { claimsJson: (json) => json.replace(/\}$/, ',}') }],
  ['claims in single quotes', { claimsJson: (json) => json.replaceAll('"', "'") }],
  ['claims cut off', { claimsJson: (json) => json.slice(0, -1) }],
  ['a duplicate jti at the end', { claimsJson: (json) => json.replace(/\}$/, ',"jti":"another-jti"}') }],
  ['a duplicate member deep inside', { claimsJson: (json) => json.replace('{', '{"x":[{"a":1,"a":2}],') }],
  [
    'a duplicate claim, both spelt with escapes',
    { claimsJson: (json) => json.replace('"ath"', String.raw`"\u0061th":"x","\u0061\u0074h"`) },
  ],
  ['claims that are base64 of base64', { claimsJson: (json) => encodeBase64url(json) }],
]
