import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { givenControlPlane } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'

let plane: ControlPlane
let key: string

beforeAll(async () => {
  plane = await givenControlPlane()
  key = (await plane.newTenant()).ownerKey.key
})
afterAll(() => plane?.close())

const ask = (method: string, path: string, body?: object): Promise<Answer> =>
  plane.ask(method, `/api/v1/${path}`, { key, ...(body && { body }) })

const ruleAt = (path: string, id = 'r') => ({
  id,
  effect: 'deny',
  when: { path, op: 'eq', value: 'destructive' },
  reason: 'r',
})
const documentOf = (...rules: object[]) => ({ writ: 1, rules })
const versionNow = async (): Promise<number> => (await ask('GET', 'tenant')).body.bundleVersion

describe('a policy with a path that nothing has', () => {
  it('is not taken, and each rule is named with why', async () => {
    const before = await versionNow()
    const document = documentOf(ruleAt('action.class', 'right'), ruleAt('action.clas', 'typo'))
    const answer = await ask('POST', 'policies', { name: 'typo', document })
    expect(answer.status).toBe(400)
    expect(answer.body.errors).toEqual([
      {
        path: 'document.rules[1]',
        message: expect.stringContaining('typo: '),
        line: 1,
        column: expect.any(Number),
      },
    ])
    expect(await versionNow()).toBe(before)
  })

  it('is no new version of one that was right', async () => {
    const { body: policy } = await ask('POST', 'policies', {
      name: 'right',
      document: documentOf(ruleAt('action.class')),
    })
    const answer = await ask('PATCH', `policies/${policy.id}`, {
      document: documentOf(ruleAt('action.clas')),
    })
    expect([answer.status, answer.body.errors?.length]).toEqual([400, 1])
    expect((await ask('GET', `policies/${policy.id}`)).body.version).toBe(1)
  })
})
