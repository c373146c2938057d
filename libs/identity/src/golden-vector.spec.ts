import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { isRefusal, ProofClaims } from '@writ/contracts'
import { checkProof } from './check-proof.ts'
import { createMemoryReplayGuard } from './memory-replay-guard.ts'
import { readProof } from './proof.ts'
import { useProof } from './use-proof.ts'

/** The example of RFC 9449 §7.1, at the second in which it was made. Its access token is opaque. */
const TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
const PROOF = [
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik',
  'VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR',
  'nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE',
  'QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIj',
  'oiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0Z',
  'WRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF',
  'c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71E',
  'OptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
].join('')
const NOW_MS = 1_562_262_618_000

const subject = {
  verb: 'GET',
  resource: 'https://resource.example.org/protectedresource',
  tokenSha256: createHash('sha256').update(TOKEN).digest('base64url'),
  bodySha256: createHash('sha256').digest('base64url'),
}
const nonces = { required: false, check: () => 'invalid' as const, current: () => '' }

describe('the proof printed in RFC 9449', () => {
  it('holds', async () => {
    const proof = readProof([PROOF])
    if (isRefusal(proof)) throw new Error(proof.detail)
    expect(proof.header.thumbprint).toBe('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I')
    expect(proof.claims.ath).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
    const acceptable = checkProof(proof.claims, subject, nonces, NOW_MS)
    if (isRefusal(acceptable)) throw new Error(acceptable.detail)
    const ports = { replay: createMemoryReplayGuard(() => NOW_MS), nonces, nowMs: NOW_MS }
    expect(await useProof(proof, acceptable, ports)).toBeNull()
    expect(await useProof(proof, acceptable, ports)).toMatchObject({ code: 'proof_replayed' })
  })

  it('is taken by the schema of proofs in contracts', () => {
    const proof = readProof([PROOF])
    if (isRefusal(proof)) throw new Error(proof.detail)
    expect(ProofClaims.parse(proof.claims)).toEqual(proof.claims)
  })
})
