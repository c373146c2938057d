import { encodeBase64url } from '../base64url.ts'
import type { NegativeCase } from './attack-kit.ts'
import { forge } from './attack-kit.ts'
import { refusedAs } from './rows.ts'

/** Fields and serialisation: how a proof arrives. */
export const formCases = (): readonly NegativeCase[] => [
  ...refusedAs('credentials_missing', [
    ['W01', 'no Authorization field', { fields: (fields) => fields.slice(1) }],
    [
      'W02',
      'another scheme',
      { fields: ([, dpop]) => [['Authorization', 'Basic YTpi'], ...(dpop ? [dpop] : [])] },
    ],
  ]),
  ...refusedAs('authorization_ambiguous', [
    ['N07', 'two Authorization fields', { fields: (fields) => [...fields.slice(0, 1), ...fields] }],
  ]),
  ...refusedAs('token_invalid', [
    ['N04', 'Bearer scheme with a bound token and a valid proof', { fields: underBearer }],
    ['N05', 'Bearer scheme with a bound token and no proof', { fields: (f) => underBearer(f).slice(0, 1) }],
    [
      'W03',
      'DPoP scheme without a token',
      { fields: ([, dpop]) => [['Authorization', 'DPoP'], ...(dpop ? [dpop] : [])] },
    ],
  ]),
  ...refusedAs('proof_invalid', [
    ['N01', 'no DPoP field', { fields: (fields) => fields.slice(0, 1) }],
    [
      'N02',
      'two DPoP fields, each valid',
      { fields: (fields, kit) => [...fields, ['dpop', forge(kit, kit.newJti()).headers[1]?.[1] ?? '']] },
    ],
    [
      'N03',
      'one DPoP field that holds two proofs',
      { proof: (proof, kit) => `${proof}, ${forge(kit, kit.newJti()).headers[1]?.[1]}` },
    ],
    [
      'N08',
      'a proof longer than 4096 bytes',
      { claims: (claims) => ({ ...claims, pad: 'x'.repeat(4_096) }) },
    ],
    ['N10', 'five segments, as a JWE has', { proof: (proof) => `${proof}.AAAA.AAAA` }],
    ['N11', 'flattened JSON serialisation', { proof: flattened }],
    ['N12', 'header that is not JSON', { headerJson: (json) => json.slice(1) }],
    ['N14', 'unused bits set in the last character', { proof: withUnusedBits }],
    ['N15', 'duplicate member in the header', { headerJson: (json) => json.replace('{', '{"alg":"none",') }],
    ['W04', 'base64 padding at the end', { proof: (proof) => `${proof}==` }],
    ['W05', 'a character outside base64url at the end', { proof: (proof) => `${proof}!` }],
    ['W06', 'duplicate claim', { claimsJson: (json) => json.replace('{', '{"htm":"GET",') }],
    [
      'W07',
      'duplicate claim, one of them spelt with an escape',
      { claimsJson: (json) => json.replace('{', String.raw`{"\u0068tm":"GET",`) },
    ],
    [
      'W08',
      'duplicate member inside jwk',
      { headerJson: (json) => json.replace('"kty"', '"kty":"oct","kty"') },
    ],
    [
      'W09',
      'header that is not UTF-8',
      { headerJson: (json) => Buffer.from(json.replace('{', '{"\u00ff":1,'), 'latin1') },
    ],
    ['W10', 'claims that are an array', { claimsJson: (json) => `[${json}]` }],
    ['W11', 'an empty DPoP field', { proof: () => '' }],
  ]),
]

function underBearer(fields: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  return fields.map(([name, value]) => [name, value.replace(/^DPoP /, 'Bearer ')])
}

function flattened(proof: string): string {
  const [header, payload, signature] = proof.split('.')
  return JSON.stringify({ protected: header, payload, signature })
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** 64 bytes leave four bits of the last character unused; decoders that ignore them see the same signature. */
function withUnusedBits(proof: string): string {
  const last = ALPHABET.indexOf(proof.slice(-1))
  const varied = proof.slice(0, -1) + ALPHABET.charAt(last ^ 1)
  if (encodeBase64url(Buffer.from(varied, 'base64url')) !== encodeBase64url(Buffer.from(proof, 'base64url')))
    throw new Error('the varied text decodes to other bytes')
  return varied
}
