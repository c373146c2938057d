import { describe, expect, it } from '@jest/globals'
import { PackageIntelligence } from '@writ/contracts'
import * as fc from 'fast-check'
import { editDistance } from './confusable.ts'
import { createPackageKnowledge } from './create-knowledge.ts'
import { openHashes, packageHash, packHashes } from './hashes.ts'
import type { PackageStanding } from './knowledge.ts'
import { makeIntelligence } from './make-intelligence.ts'
import { normalName, readSpec } from './names.ts'
import { reportsOfAdvisory } from './osv.ts'
import { starterIntelligence } from './starter/starter.ts'

const RULES = {
  allow: ['npm/@acme/*', 'npm/expresss'],
  deny: ['npm/@acme/bad', 'pypi/*-internal'],
  coolDownHours: 48,
}
const knowledge = createPackageKnowledge({
  intelligence: starterIntelligence(),
  rules: RULES,
  ageHours: ({ version }) => (version === '1.0.0' ? 47 : version === '1.0.1' ? 48 : null),
})
const standing = (
  ecosystem: 'npm' | 'pypi' | 'crates' | 'go',
  name: string,
  version: string | null = null,
): PackageStanding => knowledge.standingOf({ ecosystem, name, version })

const advisory = (members: object, affected: object = {}) => ({
  id: 'MAL-2024-1',
  affected: [{ package: { ecosystem: 'npm', name: 'x' }, ...affected }],
  ...members,
})

describe('what is known of a package', () => {
  it.each([
    ['npm', 'crossenv', null, true],
    ['npm', 'CrossEnv', '9.9.9', true],
    ['npm', 'chalk', '5.6.1', true],
    ['npm', 'chalk', '5.6.2', false],
    ['npm', 'chalk', null, false],
    ['npm', '@solana/web3.js', '1.95.7', true],
    ['pypi', 'Python3_Dateutil', null, true],
    ['crates', 'faster-log', null, true],
    ['npm', 'colourama', null, false],
  ] as const)('%s/%s %s is malicious: %s', (ecosystem, name, version, wanted) =>
    expect(standing(ecosystem, name, version).isMalicious).toBe(wanted),
  )

  it.each([
    ['npm', 'lodahs', 'lodash'],
    ['npm', 'axois', 'axios'],
    ['npm', 'reacct', 'react'],
    ['npm', 'l0dash', 'lodash'],
    ['npm', 'rnoment', 'moment'],
    ['npm', 'expre\u0455s', 'express'],
    ['npm', 'crossenv', 'cross-env'],
    ['npm', 'types-node', '@types/node'],
    ['npm', 'typescrpt', 'typescript'],
    ['npm', 'tpyescrtip', null],
    ['npm', 'react-router-domm', 'react-router-dom'],
    ['pypi', 'python-requests', 'requests'],
    ['pypi', 'beautifulsoup-4', 'beautifulsoup4'],
    ['npm', 'lodash', null],
    ['npm', 'left-pad', null],
    ['npm', 'our-own-service', null],
    ['npm', 'ws', null],
    ['npm', 'expresss', null],
  ] as const)('%s/%s is taken for %s', (ecosystem, name, wanted) =>
    expect(standing(ecosystem, name).twin).toBe(wanted),
  )

  it('has no well-known name that is taken for another', () => {
    const odd = Object.entries(starterIntelligence().ecosystems).flatMap(([ecosystem, { popular }]) =>
      popular.filter((name) => {
        const { twin, isMalicious } = knowledge.standingOf({
          ecosystem: ecosystem === 'npm' ? 'npm' : 'pypi',
          name,
          version: null,
        })
        return ecosystem === 'npm' && (twin !== null || isMalicious)
      }),
    )
    expect(odd).toEqual([])
  })

  it('is overruled by the lists of the tenant, the denying one first', () => {
    expect(standing('npm', '@acme/a').ruled).toBe('allow')
    expect(standing('npm', '@acme/bad').ruled).toBe('deny')
    expect(standing('pypi', 'x-internal').ruled).toBe('deny')
    expect(standing('pypi', 'internal').ruled).toBeNull()
    expect(standing('npm', '@acme/a').isKnown).toBe(true)
  })

  it('holds young versions back where their age is known', () => {
    expect(['1.0.0', '1.0.1', '2'].map((version) => standing('npm', 'a-b', version).isYoung)).toEqual([
      true,
      false,
      false,
    ])
  })

  it('is found in little time, whatever is asked', () => {
    const popular = Array.from({ length: 20_000 }, (_, at) => `package-${(at * 7919) % 99_991}-${at % 13}`)
    const large = createPackageKnowledge({
      intelligence: makeIntelligence({
        title: 'x',
        madeAt: '2026-01-01T00:00:00Z',
        sources: [],
        reports: [],
        popular: { npm: popular },
      }),
      rules: { allow: [], deny: [], coolDownHours: 0 },
    })
    const startMs = performance.now()
    for (let at = 0; at < 50; at += 1)
      large.standingOf({ ecosystem: 'npm', name: `some-other-name-${at}`, version: null })
    expect(performance.now() - startMs).toBeLessThan(2000)
  })
})

describe('the distance of two names', () => {
  it.each([
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['abc', 'ab', 1],
    ['abc', 'abcd', 1],
    ['abc', 'abd', 1],
    ['abcd', 'badc', 2],
    ['ca', 'abc', 3],
  ])('%s, %s: %d', (left, right, wanted) => expect(editDistance(left, right, 5)).toBe(wanted))

  it('is the same both ways, and given up beyond its bound', () => {
    const names = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })
    fc.assert(
      fc.property(names, names, fc.nat(3), (left, right, most) => {
        const distance = editDistance(left, right, 12)
        expect(editDistance(right, left, 12)).toBe(distance)
        expect(editDistance(left, right, most)).toBe(Math.min(distance, most + 1))
      }),
      { numRuns: 500, seed: 5 },
    )
  })
})

describe('a word of an install', () => {
  it.each([
    ['npm', 'left-pad', 'npm/left-pad -'],
    ['npm', '@Scope/a@^1.2', 'npm/@scope/a -'],
    ['npm', 'a@1.2.3', 'npm/a 1.2.3'],
    ['npm', 'a@=1.2.3', 'npm/a 1.2.3'],
    ['npm', 'x@npm:@a/b@2.0.0', 'npm/@a/b 2.0.0'],
    ['pypi', 'Flask_Login[x]==1.0 ; python_version<"3"', 'pypi/flask-login 1.0'],
    ['pypi', 'a>=1', 'pypi/a -'],
    ['go', 'example.com/M@v1.2.3', 'go/example.com/M 1.2.3'],
    ['crates', 'serde-json@1', 'crates/serde_json 1'],
    ['npm', 'github:a/b', 'git'],
    ['npm', 'a/b', 'git'],
    ['npm', 'git@x.example:a/b.git', 'git'],
    ['npm', 'https://x.example/a.tgz', 'url'],
    ['pypi', 'a @ git+https://x.example/b', 'git'],
    ['pypi', 'a @ https://x.example/b.whl', 'url'],
    ['npm', '../a', 'path'],
    ['npm', './a.tgz', 'path'],
    ['npm', 'workspace:*', 'path'],
  ] as const)('%s %s is %s', (ecosystem, word, wanted) => {
    const spec = readSpec(ecosystem, word)
    const shown =
      spec.kind === 'registry' ? `${ecosystem}/${spec.wanted.name} ${spec.wanted.version ?? '-'}` : spec.kind
    expect(shown).toBe(wanted)
  })
})

describe('the document', () => {
  it('is the same for the same parts in any order, and says what it was made of', () => {
    const reports = [
      { ecosystem: 'npm', name: 'b', versions: null },
      { ecosystem: 'npm', name: 'A', versions: ['1', '2'] },
    ] as const
    const parts = {
      title: 't',
      madeAt: '2026-01-01T00:00:00Z',
      sources: ['s'],
      popular: { npm: ['React', 'react'] },
    }
    const one = makeIntelligence({ ...parts, reports })
    expect(makeIntelligence({ ...parts, reports: reports.toReversed() })).toEqual(one)
    expect(PackageIntelligence.parse(JSON.parse(JSON.stringify(one)))).toEqual(one)
    expect(one.ecosystems.npm?.popular).toEqual(['react'])
    expect(openHashes(one.ecosystems.npm?.malicious ?? '').size).toBe(3)
  })

  it('finds every hash that is in it and no other', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 40 })
    fc.assert(
      fc.property(names, names, (held, asked) => {
        const opened = openHashes(packHashes(held.map((name) => packageHash('npm', name, null))))
        for (const name of [...held, ...asked])
          expect(opened.has(packageHash('npm', name, null))).toBe(held.includes(name))
      }),
      { numRuns: 100, seed: 5 },
    )
  })

  it('whose hashes are not sorted or not whole is refused', () => {
    expect(() => openHashes(Buffer.alloc(12).toString('base64'))).toThrow('not whole')
    expect(() => openHashes(Buffer.alloc(16).toString('base64'))).toThrow('not sorted')
  })

  it('is a starter that says so, when a device was given none', () => {
    expect(starterIntelligence().title).toContain('Starter')
    expect(normalName('pypi', 'A.b__c')).toBe('a-b-c')
  })
})

describe('an advisory', () => {
  it('names versions, or all of them', () => {
    expect(reportsOfAdvisory(advisory({}, { versions: ['1', '2'] }))).toEqual([
      { ecosystem: 'npm', name: 'x', versions: ['1', '2'] },
    ])
    expect(reportsOfAdvisory(advisory({}))).toEqual([{ ecosystem: 'npm', name: 'x', versions: null }])
    const endless = { versions: ['1'], ranges: [{ events: [{ introduced: '0' }] }] }
    expect(reportsOfAdvisory(advisory({}, endless))).toEqual([
      { ecosystem: 'npm', name: 'x', versions: null },
    ])
  })

  it('of another kind, withdrawn, or of an ecosystem that is not ours says nothing', () => {
    expect(reportsOfAdvisory(advisory({ id: 'GHSA-1' }))).toEqual([])
    expect(reportsOfAdvisory(advisory({ withdrawn: '2025-01-01T00:00:00Z' }))).toEqual([])
    expect(
      reportsOfAdvisory({ id: 'MAL-1', affected: [{ package: { ecosystem: 'Hackage', name: 'x' } }] }),
    ).toEqual([])
    expect(() => reportsOfAdvisory({ affected: 1 })).toThrow()
  })
})
