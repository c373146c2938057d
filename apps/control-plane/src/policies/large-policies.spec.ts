import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { PolicyView } from '@writ/contracts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'

jest.setTimeout(120_000)

const MIB = 1024 * 1024
const COUNT = 7
/** Room for 4 MiB of rows, and for the one that went beyond it. */
const MOST_BYTES = 5 * MIB

let plane: ControlPlane
let key: string

beforeAll(async () => {
  plane = await givenControlPlane()
  key = (await plane.newTenant()).ownerKey.key
})
afterAll(() => plane?.close())

/** Nearly as large as a body may be; attached to no group, so that no bundle holds it. */
const documentOf = (title: string) => ({
  writ: 1,
  title,
  rules: [{ id: 'one', effect: 'flag', when: { path: 'args.a', op: 'eq', value: 'x' }, reason: 'because' }],
  tests: [{ name: 'large', call: { args: { text: 'x'.repeat(900 * 1024) } }, expect: { decision: 'allow' } }],
})
const create = async (name: string): Promise<string> => {
  const body = { name, document: documentOf(name) }
  const created = await plane.ask('POST', '/api/v1/policies', { key, body })
  expect([created.status, created.body.errors]).toEqual([201, undefined])
  return created.body.id
}
const read = async (path: string) => {
  const { status, text, body } = await plane.ask('GET', `/api/v1/policies${path}`, { key })
  expect([status, text.length <= MOST_BYTES]).toEqual([200, true])
  return body
}

describe('policies that are as large as they may be', () => {
  it('are listed in answers of a bounded size, all of them', async () => {
    for (let number = 0; number < COUNT; number += 1) await create(`large ${number}`)
    const names: string[] = []
    for (let next: string | null = ''; next !== null;) {
      const page = await read(`?limit=500&after=${next}`)
      names.push(...page.items.map(({ name }: PolicyView) => name))
      next = page.next
    }
    expect(names.filter((name) => name.startsWith('large'))).toHaveLength(COUNT)
  })

  it('are shown with their versions in answers of a bounded size, newest first, down to the first', async () => {
    const id = await create('changed')
    for (let number = 2; number <= COUNT; number += 1) {
      const body = { document: documentOf(`version ${number}`) }
      expect((await plane.ask('PATCH', `/api/v1/policies/${id}`, { key, body })).status).toBe(200)
    }
    const versions: number[] = []
    while (versions.at(-1) !== 1) {
      const last = versions.at(-1)
      const { items } = await read(`/${id}/versions${last === undefined ? '' : `?before=${last}`}`)
      versions.push(...items.map(({ version }: PolicyView) => version))
    }
    expect(versions).toEqual([7, 6, 5, 4, 3, 2, 1])
  })
})
