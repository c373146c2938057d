import { createPublicKey, sign } from 'node:crypto'
import { encodeBase64url } from '../base64url.ts'
import { publicJwkOf } from '../keys.ts'
import type { AttackKit, Mutation, NegativeCase } from './attack-kit.ts'
import { signEs256 } from './attack-kit.ts'
import { p384Key, thiefKey } from './odd-keys.suite.ts'
import { having, numbered, refusedAs } from './rows.ts'

/** Headers, keys and signatures that a lenient reader would repair, or look up elsewhere. */
export const strangeKeyCases = (): readonly NegativeCase[] => [
  ...refusedAs('proof_invalid', numbered('HT', typesAndAlgorithms())),
  ...refusedAs('proof_invalid', numbered('HX', extensions())),
  ...refusedAs('proof_invalid', numbered('HJ', formsOfJwk())),
  ...refusedAs('proof_invalid', numbered('HB', formsOfHeaderJson())),
  ...refusedAs('proof_invalid', numbered('HS', formsOfSignature())),
  ...refusedAs(
    'token_invalid',
    numbered('HK', [
      ['the other point of the same abscissa', { header: withOtherOrdinate }],
      ['jwk at the origin', jwkHaving({ x: 'A'.repeat(43), y: 'A'.repeat(43) })],
      [
        'jwk with coordinates beyond the field',
        jwkHaving({ x: `${'_'.repeat(42)}8`, y: `${'_'.repeat(42)}8` }),
      ],
    ]),
  ),
]

type Forms = readonly (readonly [string, Mutation])[]

const replaced = (header: object): Mutation => ({ header: having(header) })

const typesAndAlgorithms = (): Forms => [
  ['typ in capitals', replaced({ typ: 'DPOP+JWT' })],
  ['typ as a whole media type', replaced({ typ: 'application/dpop+jwt' })],
  ['typ with a blank after it', replaced({ typ: 'dpop+jwt ' })],
  ['typ an array', replaced({ typ: ['dpop+jwt'] })],
  ['typ null', replaced({ typ: null })],
  ['alg in lower case', replaced({ alg: 'es256' })],
  ['alg with a blank after it', replaced({ alg: 'ES256 ' })],
  ['alg an array', replaced({ alg: ['ES256'] })],
  ['alg null', replaced({ alg: null })],
  ['an empty alg', replaced({ alg: '' })],
  ['alg none in capitals', replaced({ alg: 'NONE' })],
  ['alg ES256K', replaced({ alg: 'ES256K' })],
  ['alg ES512', replaced({ alg: 'ES512' })],
  ['alg PS256', replaced({ alg: 'PS256' })],
  ['alg Ed25519', replaced({ alg: 'Ed25519' })],
  ['alg ECDH-ES', replaced({ alg: 'ECDH-ES', enc: 'A256GCM' })],
]

const extensions = (): Forms => [
  ['an empty crit', replaced({ crit: [] })],
  ['crit null', replaced({ crit: null })],
  ['crit that names a member that is known', replaced({ crit: ['alg'] })],
  ['an unencoded payload', replaced({ b64: false, crit: ['b64'] })],
  ['an unencoded payload that is not marked critical', replaced({ b64: false })],
  ['a compressed payload', replaced({ zip: 'DEF' })],
  ['a nested JWT', replaced({ cty: 'JWT' })],
  ['a jku beside the jwk', replaced({ jku: 'https://thief.example/jwks' })],
  ['an x5u beside the jwk', replaced({ x5u: 'https://thief.example/cert' })],
  ['an x5c beside the jwk', replaced({ x5c: ['AAAA'] })],
  ['an x5t#S256 beside the jwk', replaced({ 'x5t#S256': 'A'.repeat(43) })],
]

const jwkHaving = (members: object): Mutation => ({
  header: (header, kit) => ({ ...header, jwk: { ...publicJwkOf(kit.sessionKey), ...members } }),
})

const formsOfJwk = (): Forms => [
  ['jwk a string', { header: (header) => ({ ...header, jwk: JSON.stringify(header['jwk']) }) }],
  ['jwk an array', { header: (header) => ({ ...header, jwk: [header['jwk']] }) }],
  ['jwk a key set', { header: (header) => ({ ...header, jwk: { keys: [header['jwk']] } }) }],
  ['an empty jwk', replaced({ jwk: {} })],
  ['jwk without its ordinate', jwkHaving({ y: undefined })],
  ['jwk whose abscissa is a number', jwkHaving({ x: 1 })],
  ['jwk with padding', { header: withPadding }],
  ['jwk with an empty abscissa', jwkHaving({ x: '' })],
  ['jwk whose curve is in lower case', jwkHaving({ crv: 'p-256' })],
  ['jwk whose type is in lower case', jwkHaving({ kty: 'ec' })],
  ['a P-384 key under ES256', { header: (h) => ({ ...h, jwk: p384Key().publicJwk }), signature: byP384 }],
  ['jwk with a symmetric member', jwkHaving({ k: 'AAAA' })],
  ['jwk with an empty private member', jwkHaving({ d: '' })],
  ['jwk with a null private member', jwkHaving({ d: null })],
  ['jwk with a member of RSA', jwkHaving({ p: 'AAAA' })],
  ['jwk with an x5u', jwkHaving({ x5u: 'https://thief.example/cert' })],
  ['jwk with an x5c', jwkHaving({ x5c: ['AAAA'] })],
  ['jwk for signing in capitals', jwkHaving({ use: 'SIG' })],
  ['jwk for no operation', jwkHaving({ key_ops: [] })],
  ['jwk whose operations are a string', jwkHaving({ key_ops: 'verify' })],
  ['jwk for no algorithm', jwkHaving({ alg: 'none' })],
]

const formsOfHeaderJson = (): Forms => [
  ['header with a byte order mark', { headerJson: (json) => `\ufeff${json}` }],
  ['header with a byte after it', { headerJson: (json) => `${json}x` }],
  ['header twice', { headerJson: (json) => json + json }],
  ['header an array', { headerJson: (json) => `[${json}]` }],
  ['header null', { headerJson: () => 'null' }],
  ['a duplicate typ at the end', { headerJson: (json) => json.replace(/\}$/, ',"typ":"JWT"}') }],
  ['a duplicate jwk', { headerJson: withSecondJwk }],
  ['a duplicate coordinate', { headerJson: (json) => json.replace('"x":', '"x":"AAAA","x":') }],
  [
    'a duplicate alg that is spelt with an escape',
    { headerJson: (json) => json.replace('{', String.raw`{"\u0061lg":"none",`) },
  ],
  [
    'typ in the prototype only',
    { headerJson: (json) => json.replace('"typ"', '"__proto__":{"typ":1},"type"') },
  ],
  ['header in UTF-16', { headerJson: (json) => Buffer.from(json, 'utf16le') }],
]

const formsOfSignature = (): Forms => [
  [
    'a signature of 63 bytes',
    { signature: (input, kit) => signEs256(input, kit.sessionKey).subarray(0, 63) },
  ],
  ['a signature of 65 bytes', { signature: (input, kit) => bytes(signEs256(input, kit.sessionKey), [0]) }],
  [
    'a signature with a zero before it',
    { signature: (input, kit) => bytes([0], signEs256(input, kit.sessionKey)) },
  ],
  ['a signature of 64 bytes of ones', { signature: () => Buffer.alloc(64, 255) }],
  ['a signature with r of zero', { signature: (input, kit) => bytes(Buffer.alloc(32), second(input, kit)) }],
  ['a signature with s of zero', { signature: (input, kit) => bytes(first(input, kit), Buffer.alloc(32)) }],
  [
    'a signature whose halves are swapped',
    { signature: (input, kit) => bytes(second(input, kit), first(input, kit)) },
  ],
  ['a signature over SHA-384', { signature: (input, kit) => signed('sha384', input, kit) }],
  [
    'a signature over the claims only',
    { signature: (input, kit) => signEs256(input.split('.')[1] ?? '', kit.sessionKey) },
  ],
  [
    'a signature without its dot',
    { signature: (input, kit) => signEs256(input.replace('.', ''), kit.sessionKey) },
  ],
  ['a signature over the decoded text', { signature: overDecoded }],
]

const bytes = (...parts: readonly (Uint8Array | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Uint8Array.from(part)))

const first = (input: string, kit: AttackKit) => signEs256(input, kit.sessionKey).subarray(0, 32)
const second = (input: string, kit: AttackKit) => signEs256(input, kit.sessionKey).subarray(32)

const signed = (digest: string, input: string, kit: AttackKit): Buffer =>
  sign(digest, Buffer.from(input), { key: kit.sessionKey, dsaEncoding: 'ieee-p1363' })

const overDecoded = (input: string, kit: AttackKit): Buffer =>
  signEs256(
    input
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString())
      .join('.'),
    kit.sessionKey,
  )

const byP384 = (input: string): Buffer =>
  sign('sha256', Buffer.from(input), { key: p384Key().privateKey, dsaEncoding: 'ieee-p1363' }).subarray(0, 64)

type Header = { readonly [name: string]: unknown }

const withPadding = (header: Header, kit: AttackKit): Header => {
  const jwk = publicJwkOf(kit.sessionKey)
  return { ...header, jwk: { ...jwk, x: `${jwk.x}=` } }
}

const withSecondJwk = (json: string): string =>
  json.replace(/\}$/, () => `,"jwk":${JSON.stringify(thiefKey().publicJwk)}}`)

/** Prime of the field of P-256. */
const FIELD_PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn

/** A point of the curve all the same, so another key. */
function withOtherOrdinate(header: Header, kit: AttackKit): Header {
  const jwk = publicJwkOf(kit.sessionKey)
  const y = FIELD_PRIME - BigInt(`0x${Buffer.from(jwk.y, 'base64url').toString('hex')}`)
  const other = { ...jwk, y: encodeBase64url(Buffer.from(y.toString(16).padStart(64, '0'), 'hex')) }
  createPublicKey({ key: other, format: 'jwk' })
  return { ...header, jwk: other }
}
