import { createHash } from 'node:crypto'
import type { Recogniser } from '../recogniser.ts'
import { anyOf } from './context.ts'
import type { CodeKind } from './number-kind.ts'

/** Addresses of crypto currencies, by their checksums; Ethereum's needs a word beside it. */
export const CRYPTO_CODES: readonly CodeKind[] = [
  {
    signal: 'pii.crypto',
    triggers: [{ kind: 'mixed', min: 14, max: 74 }],
    shape: /(?<![\p{L}\p{N}_+/-])(?:bc|tb|ltc)1[02-9ac-hj-np-z]{11,71}(?![\p{L}\p{N}_+/])/iuy,
    isValid: isBech32,
    words: null,
    alone: null,
  },
  {
    signal: 'pii.crypto',
    triggers: [{ kind: 'mixed', min: 42, max: 42 }],
    shape: /(?<![\p{L}\p{N}_+/-])0x[0-9a-f]{40}(?![\p{L}\p{N}_+/])/iuy,
    isValid: () => true,
    words: anyOf(
      'ethereum',
      'eth',
      'ether',
      'wallet',
      'crypto',
      'usdt',
      'usdc',
      'erc20',
      'metamask',
      'donate',
      'donation',
    ),
    alone: null,
  },
]

/** Addresses in Base58Check, whose letters differ by their case. */
export const BASE58_ADDRESS: Recogniser = {
  signals: ['pii.crypto'],
  triggers: [{ kind: 'mixed', min: 26, max: 35 }],
  recognise: (text, start) => {
    BASE58_SHAPE.lastIndex = start
    const found = BASE58_SHAPE.exec(text)?.[0]
    if (found === undefined || !isBase58Check(found)) return []
    return [{ signal: 'pii.crypto', start, end: start + found.length }]
  },
}

const BASE58_SHAPE = /(?<![\p{L}\p{N}_+/-])[13LMD9A2mn][1-9A-HJ-NP-Za-km-z]{24,34}(?![\p{L}\p{N}_+/])/uy

/** Base58Check: the first four bytes of the double SHA-256 of the rest. */
function isBase58Check(address: string): boolean {
  let number = 0n
  for (const character of address) number = number * 58n + BigInt(BASE58.indexOf(character))
  const bytes = Buffer.from(number.toString(16).padStart(PAYLOAD_BYTES * 2, '0'), 'hex')
  return (
    bytes.length === PAYLOAD_BYTES &&
    sha256(sha256(bytes.subarray(0, -4)))
      .subarray(0, 4)
      .equals(bytes.subarray(-4))
  )
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const PAYLOAD_BYTES = 25

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** BIP 173 and BIP 350. */
function isBech32(code: string): boolean {
  const address = code.toLowerCase()
  const split = address.lastIndexOf('1')
  const prefix = Array.from(address.slice(0, split), (character) => character.charCodeAt(0))
  const values = Array.from(address.slice(split + 1), (character) => BECH32.indexOf(character))
  if (values.includes(-1)) return false
  const rest = polymod([
    ...prefix.map((letter) => letter >> 5),
    0,
    ...prefix.map((letter) => letter & 31),
    ...values,
  ])
  return rest === 1 || rest === 0x2bc830a3
}

const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]

function polymod(values: readonly number[]): number {
  let check = 1
  for (const value of values) {
    const top = check >>> 25
    check = ((check & 0x1ffffff) << 5) ^ value
    for (const [bit, generator] of GENERATOR.entries()) if ((top >>> bit) & 1) check ^= generator
  }
  return check
}
