import { crc32 } from 'node:zlib'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const CHECKSUM_LENGTH = 6

/**
 * The last six characters are the CRC-32 of those between the prefix and them, in base 62: GitHub's format of 2021 ("Behind GitHub's new
 * authentication token formats"), which npm's tokens share.
 */
export function hasChecksum(token: string): boolean {
  const random = token.slice(token.indexOf('_') + 1, -CHECKSUM_LENGTH)
  return token.slice(-CHECKSUM_LENGTH) === checksumOf(random)
}

export function checksumOf(random: string): string {
  let written = ''
  for (let rest = crc32(random); rest > 0; rest = Math.floor(rest / 62))
    written = BASE62.charAt(rest % 62) + written
  return written.padStart(CHECKSUM_LENGTH, '0')
}
