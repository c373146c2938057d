import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import { sealPackages, snapshotHash } from '@writ/bundle'
import { HOOKS_BY_DEFAULT } from '@writ/contracts'
import type { PackageIntelligence } from '@writ/contracts'
import { currentBundleOf } from '@writ/enforcement'
import { bundleOf, FORGER, KEYS, SIGNER } from '@writ/point/fixtures'
import { closeDaemons, newHome } from '../given-daemon.suite.ts'
import { createDevicePackages } from './device-packages.ts'

afterEach(closeDaemons)

const EVIL = { ecosystem: 'npm', name: 'evil-pad', version: null } as const
const DOCUMENT: PackageIntelligence = {
  format: 'writ.packages.v1',
  title: 'one bad package',
  madeAt: '2026-11-21T00:00:00.000Z',
  sources: [],
  ecosystems: {
    npm: {
      malicious: createHash('sha256').update('npm/evil-pad').digest().subarray(0, 8).toString('base64'),
      popular: ['left-pad'],
    },
  },
}

const currentWith = (intelligence: string | null, deny: string[] = []) => {
  const packages = { ...HOOKS_BY_DEFAULT.packages, intelligence, deny }
  return currentBundleOf(
    bundleOf('acme', 1, { hooks: { ...HOOKS_BY_DEFAULT, packages } }),
    'a'.repeat(64),
    () => true,
  )
}

async function given(jws: string | null, folder?: string) {
  const home = folder ?? (await newHome())
  let fetched = 0
  const packages = createDevicePackages({
    fetch: async () => {
      fetched += 1
      if (jws === null) throw new Error('away')
      return jws
    },
    keys: () => KEYS,
    folder: home,
  })
  return { packages, home, fetched: () => fetched }
}

describe('what a device knows of packages', () => {
  it('is the document that its bundle names, fetched once, and there for the next start without a network', async () => {
    const jws = await sealPackages(DOCUMENT, SIGNER)
    const current = currentWith(snapshotHash(jws))
    const { packages, home, fetched } = await given(jws)
    expect(packages.under(current).standingOf(EVIL).isMalicious).toBe(false)
    await packages.keepUp(current)
    await packages.keepUp(current)
    expect(fetched()).toBe(1)
    expect(packages.under(current).standingOf(EVIL).isMalicious).toBe(true)
    expect(packages.under(current)).toBe(packages.under(current))

    const next = await given(null, home)
    await next.packages.keepUp(current)
    expect(next.packages.under(current).standingOf(EVIL).isMalicious).toBe(true)
    expect(next.packages.under(currentWith(null)).standingOf(EVIL).isMalicious).toBe(false)
  })

  it('is nothing that another key signed, and no other document than the one that is named', async () => {
    const signed = await sealPackages(DOCUMENT, SIGNER)
    const forged = await sealPackages(DOCUMENT, FORGER)
    const other = await sealPackages({ ...DOCUMENT, title: 'other' }, SIGNER)
    for (const [jws, named] of [
      [forged, forged],
      [other, signed],
    ] as const) {
      const { packages } = await given(jws)
      const current = currentWith(snapshotHash(named))
      await expect(packages.keepUp(current)).rejects.toThrow('was refused')
      expect(packages.under(current).standingOf(EVIL).isMalicious).toBe(false)
    }
  })

  it('is at least what the lists of the tenant say', async () => {
    const { packages } = await given(null)
    expect(packages.under(currentWith(null, ['npm/evil-*'])).standingOf(EVIL).ruled).toBe('deny')
    expect(packages.under(null).standingOf(EVIL).ruled).toBeNull()
  })
})
