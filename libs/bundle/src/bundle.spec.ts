import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { SignJWT } from 'jose'
import { isBundleFault } from './bundle-fault.ts'
import type { BundleFloor } from './bundle.ts'
import { MAX_BUNDLE_BYTES, openBundle, sealBundle, snapshotHash } from './bundle.ts'
import { HEARTBEAT_TYPE, openHeartbeat, sealHeartbeat } from './heartbeat.ts'
import { AT, bundleOf, keyOf, KEYS, SIGNER, signerOf } from './sample.fixture.ts'
import { seal } from './signed.ts'

const floor: BundleFloor = { tenant: 'acme', version: 0, sha256: null }
const sealed = await sealBundle(bundleOf(5), SIGNER)
const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
const reasonOf = (opened: unknown): string | null => (isBundleFault(opened) ? opened.reason : null)

describe('a sealed bundle', () => {
  it('opens to what was sealed, named by the hash of its payload', async () => {
    const payload = Buffer.from(sealed.split('.')[1] ?? '', 'base64url')
    const sha256 = createHash('sha256').update(payload).digest('hex')
    expect(await openBundle(sealed, KEYS, floor)).toEqual({ bundle: bundleOf(5), sha256 })
    expect(snapshotHash(sealed)).toBe(sha256)
  })

  it('is a compact JWS that says EdDSA, its type and its key, and nothing else', () => {
    const header: unknown = JSON.parse(Buffer.from(sealed.split('.')[0] ?? '', 'base64url').toString())
    expect(header).toEqual({ alg: 'EdDSA', typ: 'writ-bundle+jws', kid: 'bundle-1' })
  })

  it('opens with the right one of several keys', async () => {
    const keys = [keyOf(signerOf('bundle-2', 2)), ...KEYS]
    expect(reasonOf(await openBundle(sealed, keys, floor))).toBeNull()
  })

  it('is not made larger than any gateway would take', async () => {
    const agents = Array.from({ length: 10_000 }, () => bundleOf(1).agents[0]).flatMap((agent) => agent ?? [])
    await expect(sealBundle({ ...bundleOf(1), agents }, SIGNER)).rejects.toThrow(RangeError)
  })

  it('is not made of something that is no bundle', async () => {
    await expect(sealBundle({ ...bundleOf(1), version: 0 }, SIGNER)).rejects.toThrow()
  })

  it('cannot be changed in any character', async () => {
    const wrong = Array.from(
      sealed,
      (letter, at) => sealed.slice(0, at) + (letter === 'A' ? 'B' : 'A') + sealed.slice(at + 1),
    )
    // the last character of each part may carry unused bits only; such a spelling decodes to the very same bytes
    const ends = new Set([sealed.indexOf('.') - 1, sealed.lastIndexOf('.') - 1, sealed.length - 1])
    for (const [at, jws] of wrong.entries())
      if (!ends.has(at)) expect([at, reasonOf(await openBundle(jws, KEYS, floor))]).not.toEqual([at, null])
  })
})

describe('opening a bundle', () => {
  const other = signerOf('bundle-1', 9)
  const hashed = { ...floor, version: 5, sha256: snapshotHash(sealed) }
  const [header = '', payload = '', signature = ''] = sealed.split('.')
  const unsigned = `${Buffer.from('{"alg":"none","typ":"writ-bundle+jws","kid":"bundle-1"}').toString('base64url')}.${payload}.`
  const hmac = new SignJWT({}).setProtectedHeader({ alg: 'HS256', typ: 'writ-bundle+jws', kid: 'bundle-1' })

  it.each<[string, Promise<string> | string, BundleFloor, string]>([
    ['another key under the same kid', sealBundle(bundleOf(5), other), floor, 'signature_invalid'],
    ['a key that is not known', sealBundle(bundleOf(5), signerOf('bundle-7', 1)), floor, 'key_unknown'],
    ['a heartbeat', seal(bytesOf(bundleOf(5)), HEARTBEAT_TYPE, SIGNER), floor, 'type_wrong'],
    ['no signature', unsigned, floor, 'signature_invalid'],
    [
      'an HMAC made with the public key',
      hmac.sign(Buffer.from(KEYS[0]?.publicKey ?? '')),
      floor,
      'signature_invalid',
    ],
    [
      'the signature of another bundle',
      `${header}.${payload.slice(1)}.${signature}`,
      floor,
      'signature_invalid',
    ],
    ['no JWS at all', 'nonsense', floor, 'malformed'],
    ['nothing', '', floor, 'malformed'],
    ['more than 1 MiB', 'A'.repeat(MAX_BUNDLE_BYTES + 1), floor, 'too_large'],
    ['a payload that is not JSON', seal(Buffer.from('{'), 'writ-bundle+jws', SIGNER), floor, 'malformed'],
    [
      'a payload that is not UTF-8',
      seal(Uint8Array.of(0x22, 0xff, 0x22), 'writ-bundle+jws', SIGNER),
      floor,
      'malformed',
    ],
    [
      'a member that is not known',
      seal(bytesOf({ ...bundleOf(5), extra: 1 }), 'writ-bundle+jws', SIGNER),
      floor,
      'malformed',
    ],
    ['the bundle of another tenant', sealBundle(bundleOf(5, 'evil'), SIGNER), floor, 'tenant_mismatch'],
    ['a version below the floor', sealed, { ...floor, version: 6 }, 'rolled_back'],
    [
      'another bundle of the same version',
      sealBundle({ ...bundleOf(5), humans: [], issuedAt: '2026-11-20T10:00:01.000Z' }, SIGNER),
      hashed,
      'forked',
    ],
  ])('refuses %s', async (_, jws, lowest, reason) => {
    expect(reasonOf(await openBundle(await jws, KEYS, lowest))).toBe(reason)
  })

  it('takes the floor itself again, as after a restart, and anything newer', async () => {
    expect(reasonOf(await openBundle(sealed, KEYS, hashed))).toBeNull()
    expect(reasonOf(await openBundle(await sealBundle(bundleOf(6), SIGNER), KEYS, hashed))).toBeNull()
  })

  it('never repeats content of a bundle in a fault', async () => {
    const secret = seal(bytesOf({ ...bundleOf(5), agents: 'hunter2' }), 'writ-bundle+jws', SIGNER)
    expect(JSON.stringify(await openBundle(await secret, KEYS, floor))).not.toContain('hunter2')
  })
})

describe('a sealed heartbeat', () => {
  const heartbeat = { format: 'writ.heartbeat.v1', issuedAt: AT, seq: 7 } as const

  it('opens to what was sealed', async () => {
    expect(await openHeartbeat(await sealHeartbeat(heartbeat, SIGNER), KEYS)).toEqual(heartbeat)
  })

  it.each<[string, Promise<string> | string, string]>([
    ['a bundle', sealed, 'type_wrong'],
    ['another key', sealHeartbeat(heartbeat, signerOf('bundle-1', 9)), 'signature_invalid'],
    ['another shape', seal(bytesOf({ ...heartbeat, seq: -1 }), HEARTBEAT_TYPE, SIGNER), 'malformed'],
    ['something large', 'A'.repeat(5000), 'too_large'],
  ])('is not opened from %s', async (_, jws, reason) => {
    expect(reasonOf(await openHeartbeat(await jws, KEYS))).toBe(reason)
  })
})
