import type { KeyObject } from 'node:crypto'
import { createHmac, sign } from 'node:crypto'
import type { PublicJwk } from '@writ/contracts'
import { decodeBase64url, encodeBase64url } from '../base64url.ts'
import { readObjectSegment } from '../compact-jws.ts'
import { publicJwkOf, thumbprintOf } from '../keys.ts'
import type { AttackKit, Mutation, NegativeCase } from './attack-kit.ts'
import { authorityOf, signEs256, signJwt } from './attack-kit.ts'
import { rsa1024Key, rsa2048Key, secp256k1Key, thiefKey } from './odd-keys.suite.ts'
import { having, refusedAs, without } from './rows.ts'

/** Header, key and signature: what a proof is made with. */
export const keyCases = (): readonly NegativeCase[] => [
  ...refusedAs('proof_invalid', [
    ['N17', 'typ missing', { header: without('typ') }],
    ['N18', 'typ JWT', { header: having({ typ: 'JWT' }) }],
    ['N19', 'typ at+jwt', { header: having({ typ: 'at+jwt' }) }],
    ['N20', 'alg missing', { header: without('alg') }],
    [
      'N21',
      'alg none and an empty signature',
      { header: having({ alg: 'none' }), signature: () => Buffer.alloc(0) },
    ],
    ['N22', 'alg NonE with a real signature', { header: having({ alg: 'NonE' }) }],
    [
      'N23',
      'alg HS256, keyed with the text of the public key',
      { header: having({ alg: 'HS256' }), signature: hmacByJwk },
    ],
    [
      'N24',
      'alg HS256 with a symmetric jwk',
      { header: having({ alg: 'HS256', jwk: OCT_KEY }), signature: hmacByJwk },
    ],
    ['N25', 'alg RS256 with RSA-2048', rsaProof(rsa2048Key)],
    ['N26', 'alg RS256 with RSA-1024', rsaProof(rsa1024Key)],
    ['N27', 'alg ES384 with a P-256 key', { header: having({ alg: 'ES384' }) }],
    ['N28', 'alg EdDSA with an EC key', { header: having({ alg: 'EdDSA' }) }],
    ['N29', 'a critical extension', { header: having({ crit: ['x'], x: 1 }) }],
    ['N31', 'first character of the signature changed', { proof: withFirstSignatureCharacterChanged }],
    ['N32', 'payload replaced after signing', { proof: withPayloadReplaced }],
    [
      'N33',
      'DER signature',
      { signature: (input, kit) => sign('sha256', Buffer.from(input), kit.sessionKey) },
    ],
    ['N34', 'signature of 64 zero bytes', { signature: () => Buffer.alloc(64) }],
    ['N35', 'kid instead of jwk', { header: (header) => ({ ...without('jwk')(header), kid: 'agent-key' }) }],
    [
      'N36',
      'jku instead of jwk',
      { header: (header) => ({ ...without('jwk')(header), jku: 'https://thief.example/jwks' }) },
    ],
    [
      'N37',
      'jwk with its private member',
      { header: (header, kit) => ({ ...header, jwk: kit.sessionKey.export({ format: 'jwk' }) }) },
    ],
    ['N40', 'jwk for encryption', { header: jwkHaving({ use: 'enc' }) }],
    ['N41', 'jwk that may only sign', { header: jwkHaving({ key_ops: ['sign'] }) }],
    [
      'N43',
      'secp256k1 key under ES256',
      { header: (header) => ({ ...header, jwk: secp256k1Key().publicJwk }), signature: bySecp256k1 },
    ],
    [
      'N44',
      'Ed25519 key of small order, whose signature holds for every message',
      { header: having({ alg: 'EdDSA', jwk: SMALL_ORDER_KEY }), signature: () => SMALL_ORDER_SIGNATURE },
    ],
    ['N46', "the victim's jwk under a thief's signature", { signature: byThief }],
    ['W12', 'jwk with a coordinate of 33 bytes', { header: withLongCoordinate }],
    ['W13', 'jwk for another algorithm', { header: jwkHaving({ alg: 'ES384' }) }],
    ['W14', 'coordinate with unused bits set', { header: withCoordinateBits }],
    ['W38', 'jwk of another key type', { header: jwkHaving({ kty: 'OKP' }) }],
    ['W15', 'jwk that is null', { header: having({ jwk: null }) }],
  ]),
  ...refusedAs(
    'proof_invalid',
    [['N38', 'a point beside the curve, to which the token is bound', offCurve()]],
    'authority',
  ),
  ...refusedAs('token_invalid', [
    [
      'N45',
      "stolen token under the thief's own key",
      { header: (header) => ({ ...header, jwk: thiefKey().publicJwk }), signature: byThief },
    ],
  ]),
]

type Header = { readonly [name: string]: unknown }

const OCT_KEY = { kty: 'oct', k: encodeBase64url('a key that everybody knows') }

// y = 1 on the twisted Edwards curve is the neutral element: with R neutral and S = 0 every message verifies.
const NEUTRAL_POINT = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)])
const SMALL_ORDER_KEY = { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(NEUTRAL_POINT) }
const SMALL_ORDER_SIGNATURE = Buffer.concat([NEUTRAL_POINT, Buffer.alloc(32)])

const byThief = (input: string): Buffer => signEs256(input, thiefKey().privateKey)

const bySecp256k1 = (input: string): Buffer => signEs256(input, secp256k1Key().privateKey)

const hmacByJwk = (input: string, kit: AttackKit): Buffer =>
  createHmac('sha256', JSON.stringify(publicJwkOf(kit.sessionKey)))
    .update(input)
    .digest()

const rsaProof = (
  rsaKey: () => { readonly privateKey: KeyObject; readonly publicJwk: object },
): Mutation => ({
  header: (header) => ({ ...header, alg: 'RS256', jwk: rsaKey().publicJwk }),
  signature: (input) => sign('sha256', Buffer.from(input), rsaKey().privateKey),
})

const jwkHaving = (members: object) => (header: Header, kit: AttackKit) => ({
  ...header,
  jwk: { ...publicJwkOf(kit.sessionKey), ...members },
})

function withFirstSignatureCharacterChanged(proof: string): string {
  const at = proof.lastIndexOf('.') + 1
  return `${proof.slice(0, at)}${proof[at] === 'A' ? 'B' : 'A'}${proof.slice(at + 1)}`
}

function withPayloadReplaced(proof: string): string {
  const [header, payload = '', signature] = proof.split('.')
  const claims = readObjectSegment(payload)
  return `${header}.${encodeBase64url(JSON.stringify({ ...claims, jti: 'another-jti' }))}.${signature}`
}

/** A leading zero byte: the same number in another text, so the same key under another thumbprint. */
function withLongCoordinate(header: Header, kit: AttackKit): Header {
  const { x } = publicJwkOf(kit.sessionKey)
  const longX = Buffer.concat([Buffer.alloc(1), decodeBase64url(x) ?? Buffer.alloc(0)])
  return jwkHaving({ x: encodeBase64url(longX) })(header, kit)
}

/** 32 bytes leave two bits of the last character unused. */
function withCoordinateBits(header: Header, kit: AttackKit): Header {
  const { x } = publicJwkOf(kit.sessionKey)
  const varied = `${x.slice(0, -1)}${String.fromCharCode(x.charCodeAt(42) + 1)}`
  return jwkHaving({ x: varied })(header, kit)
}

/** The token is bound to the very point, so only the curve equation stands in the way. */
function offCurve(): Mutation {
  return {
    token: (kit) => {
      const { signer, claims } = authorityOf(kit)
      const cnf = { jkt: thumbprintOf(offCurvePoint(kit)) }
      return signJwt({ alg: 'ES256', typ: 'at+jwt', kid: signer.kid }, { ...claims, cnf }, signer.privateKey)
    },
    header: (header, kit) => ({ ...header, jwk: offCurvePoint(kit) }),
  }
}

function offCurvePoint(kit: AttackKit): PublicJwk {
  const jwk = publicJwkOf(kit.sessionKey)
  const y = decodeBase64url(jwk.y) ?? Buffer.alloc(32)
  // A point of the curve has two ordinates, y and p - y; one bit away from y lies neither.
  y[31] = (y[31] ?? 0) ^ 1
  return { ...jwk, y: encodeBase64url(y) }
}
