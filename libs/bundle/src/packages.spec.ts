import { describe, expect, it } from '@jest/globals'
import type { PackageIntelligence } from '@writ/contracts'
import { isBundleFault } from './bundle-fault.ts'
import { sealBundle, snapshotHash } from './bundle.ts'
import { MAX_PACKAGES_BYTES, openPackages, PACKAGES_TYPE, sealPackages } from './packages.ts'
import { bundleOf, KEYS, SIGNER, signerOf } from './sample.fixture.ts'
import { seal } from './signed.ts'

const packages: PackageIntelligence = {
  format: 'writ.packages.v1',
  title: 'of the spec',
  madeAt: '2026-11-01T00:00:00.000Z',
  sources: [],
  ecosystems: { npm: { malicious: 'AAAAAAAAAAE=', popular: ['left-pad'] } },
}
const sealed = await sealPackages(packages, SIGNER)
const named = snapshotHash(sealed)
const sealedAs = (value: unknown, type = PACKAGES_TYPE, signer = SIGNER) =>
  seal(Buffer.from(JSON.stringify(value)), type, signer)

describe('signed package intelligence', () => {
  it('opens to what was signed, under the hash that names it', async () => {
    expect(await openPackages(sealed, KEYS, named)).toEqual(packages)
  })

  it.each<[string, () => Promise<string>, string]>([
    ['another document by the same key', () => sealPackages({ ...packages, title: 'x' }, SIGNER), 'forked'],
    ['a bundle', () => sealBundle(bundleOf(5), SIGNER), 'type_wrong'],
    ['an unknown key', () => sealedAs(packages, PACKAGES_TYPE, signerOf('bundle-9', 9)), 'key_unknown'],
    [
      'the name of a key only',
      () => sealedAs(packages, PACKAGES_TYPE, signerOf('bundle-1', 9)),
      'signature_invalid',
    ],
    ['what is no compact JWS', () => Promise.resolve('x'), 'malformed'],
    ['more than 8 MiB', () => Promise.resolve('x'.repeat(MAX_PACKAGES_BYTES * 2)), 'too_large'],
  ])('is not opened from %s', async (_, make, reason) => {
    const opened = await openPackages(await make(), KEYS, named)
    expect(isBundleFault(opened) && opened.reason).toBe(reason)
  })

  it('is not opened where the form is another one, named or not', async () => {
    const other = await sealedAs({ ...packages, extra: 1 })
    const opened = await openPackages(other, KEYS, snapshotHash(other))
    expect(isBundleFault(opened) && opened.reason).toBe('malformed')
  })

  it('is not made larger than any device would take', () => {
    const popular = Array.from({ length: 40_000 }, () => 'x'.repeat(256))
    const large = { ...packages, ecosystems: { npm: { malicious: '', popular } } }
    expect(() => sealPackages(large, SIGNER)).toThrow(RangeError)
  })
})
