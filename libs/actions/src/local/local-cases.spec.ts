import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import type { LocalAction } from '@writ/contracts'
import { following, world } from './given.suite.ts'
import { understand } from './understand.ts'
import type { Place } from './understood.ts'

type World = {
  readonly place: Place
  readonly links: Readonly<Record<string, string>>
  readonly texts: Readonly<Record<string, string>>
}
type Row = { readonly id: string; readonly expect: string; readonly facts: readonly string[] }

const fileOf = (name: string): string => readFileSync(new URL(`../../eval/${name}`, import.meta.url), 'utf8')
const { place, links, texts }: World = JSON.parse(fileOf('local-world.json'))
const here = { ...world, realPath: following(links), readText: (path: string) => texts[path] ?? null }

/** Facts about which no shipped policy asks by itself. */
const UNASKED = new Set(['agent_instruction', 'private_network'])

const rows: readonly Row[] = fileOf('local-cases.tsv')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [id = '', wanted = '', , , json = ''] = line.split('\t')
    const action: LocalAction = JSON.parse(json)
    const facts = understand(action, place, here).facts.map(({ kind }) => kind)
    return { id, expect: wanted, facts: facts.filter((kind) => !UNASKED.has(kind)) }
  })

const idsOf = (some: readonly Row[]): readonly string[] => some.map(({ id }) => id)

describe('the local actions of eval', () => {
  it('that are to be denied all have a fact', () => {
    const denied = rows.filter((row) => row.expect === 'deny')
    expect(denied.length).toBeGreaterThan(200)
    expect(idsOf(denied.filter(({ facts }) => facts.length === 0))).toEqual([])
  })

  it('that are a question have a fact, but one in fifty', () => {
    const asked = rows.filter((row) => row.expect === 'ask')
    expect(idsOf(asked.filter(({ facts }) => facts.length === 0)).length).toBeLessThanOrEqual(
      asked.length / 50 + 1,
    )
  })

  it('that are harmless have none, but one in fifty', () => {
    const harmless = rows.filter((row) => row.expect === 'allow')
    expect(idsOf(harmless.filter(({ facts }) => facts.length > 0)).length).toBeLessThanOrEqual(
      harmless.length / 50,
    )
  })
})
