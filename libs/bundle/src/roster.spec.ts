import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { Bundle } from '@writ/contracts'
import { isBundleFault } from './bundle-fault.ts'
import { MAX_BUNDLE_BYTES, openBundle, sealBundle } from './bundle.ts'
import { MAX_PART_BYTES, openRosterPart, ROSTER_PARTS, rosterPlace, withRoster } from './roster.ts'
import { bundleOf, KEYS, SIGNER } from './sample.fixture.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const human = { id: `hum_${'1'.repeat(26)}`, name: 'Ada', groups: [], epoch: 2 }
const text = JSON.stringify({ format: 'writ.roster.v1', agents: [], humans: [human] })
const FLOOR = { tenant: 'acme', version: 0, sha256: null }
const withParts = (parts: string[]): Bundle => ({ ...bundleOf(5), agents: [], humans: [], roster: { parts } })

describe('a part of a roster', () => {
  it('opens under the hash that names it', () => {
    expect(openRosterPart(text, sha256(text))).toMatchObject({ humans: [human] })
  })

  const long = JSON.stringify({
    format: 'writ.roster.v1',
    agents: [],
    humans: [],
    x: 'x'.repeat(MAX_PART_BYTES),
  })
  const odd = JSON.stringify({
    format: 'writ.roster.v1',
    agents: [],
    humans: [{ ...human, roles: ['owner'] }],
  })
  it.each([
    ['one byte more', `${text} `, sha256(text), 'forked'],
    ['somebody else in it', text.replace('Ada', 'Eve'), sha256(text), 'forked'],
    ['an older or newer part', text, sha256('another'), 'forked'],
    ['more than 1 MiB', long, sha256(long), 'too_large'],
    ['a form of another release', odd, sha256(odd), 'malformed'],
    ['no JSON', '{', sha256('{'), 'malformed'],
  ])('does not open with %s', (_, given, name, reason) => {
    const opened = openRosterPart(given, name)
    expect(isBundleFault(opened) && opened.reason).toBe(reason)
  })

  it('is found by the id of whoever stands in it', () => {
    const first = createHash('sha256').update(human.id).digest()[0] ?? 0
    expect(rosterPlace(human.id, ROSTER_PARTS)).toBe(first % 128)
    expect(rosterPlace(human.id, 1)).toBe(0)
  })
})

describe('a bundle with a roster', () => {
  const parts = Array.from({ length: ROSTER_PARTS }, (_, at) => sha256(`part ${at}`))

  it('is small, whoever is in it, and has everybody in its lists once its parts are open', async () => {
    const jws = await sealBundle(withParts(parts), SIGNER)
    expect(jws.length).toBeLessThan(MAX_BUNDLE_BYTES / 64)
    const opened = await openBundle(jws, KEYS, FLOOR)
    if (isBundleFault(opened)) throw new Error(opened.detail)
    const part = openRosterPart(text, sha256(text))
    if (isBundleFault(part)) throw new Error(part.detail)
    expect(withRoster(opened.bundle, [part]).humans.map(({ name }) => name)).toEqual(['Ada'])
  })

  it('is refused by a release that does not know rosters, and holds nobody for one that would look past it', () => {
    expect(Bundle.omit({ roster: true }).safeParse(withParts(parts)).success).toBe(false)
    expect(withParts(parts)).toMatchObject({ agents: [], humans: [] })
  })

  it.each<[string, string[]]>([
    ['no part', []],
    ['more parts than a place has numbers', [...parts, ...parts, sha256('x')]],
    ['what is no hash', ['../../secret']],
  ])('is not made with %s', async (_, named) => {
    await expect(sealBundle(withParts(named), SIGNER)).rejects.toThrow()
  })

  it('of before there were rosters opens as it did', async () => {
    const opened = await openBundle(await sealBundle(bundleOf(5), SIGNER), KEYS, FLOOR)
    expect(!isBundleFault(opened) && opened.bundle.agents).toHaveLength(1)
    expect(!isBundleFault(opened) && 'roster' in opened.bundle).toBe(false)
  })
})
