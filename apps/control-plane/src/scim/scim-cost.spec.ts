import { describe, expect, it, jest } from '@jest/globals'
import { okta } from './bodies.fixture.ts'
import { readFilter } from './filter.ts'
import { aboutMembers, apart, patchedMembers } from './members.ts'
import { readOperations } from './patch-forms.ts'
import type { ScimResource } from './resource.ts'
import { patched, readResource } from './schema.ts'

jest.setTimeout(300_000)

/** Far more than any of this takes, and far less than what it took where the library did it. */
const PROMPT_MS = 5000

/** Alternatives that a reader of the whole language multiplies out: minutes, with each further one ten times as long. */
const PRODUCT = Array.from({ length: 13 }, () => '(a pr or b pr)').join(' and ')

async function answered(work: () => unknown): Promise<{ outcome: unknown; isPrompt: boolean }> {
  const beganMs = performance.now()
  const outcome = await Promise.resolve()
    .then(work)
    .catch((error: unknown) => error)
  return { outcome, isPrompt: performance.now() - beganMs < PROMPT_MS }
}

const patchedUser = (...Operations: object[]): Promise<ScimResource> =>
  patched('User', USER, readOperations({ Operations }, USER))
const USER = { ...readResource('User', okta.user('ada')), id: 'hum_1' }
const refusal = (scimType: string) => ({
  outcome: expect.objectContaining({ status: 400, scimType }),
  isPrompt: true,
})

describe('what a directory asks holds up nobody', () => {
  it('by a filter whose alternatives multiply', async () => {
    expect(await answered(() => readFilter(`x[${PRODUCT}]`))).toEqual(refusal('invalidFilter'))
  })

  it.each([
    ['in its path', { op: 'replace', path: `emails[${PRODUCT}].value`, value: 'a' }],
    [
      'in a path that is the name of a member',
      { op: 'add', value: { [`emails[${PRODUCT}]`]: { value: 'a' } } },
    ],
  ])('by a patch with such a filter %s', async (_, operation) => {
    expect(await answered(() => patchedUser(operation))).toEqual(refusal('invalidPath'))
  })

  it.each([
    ['the name', { [`x[${PRODUCT}] or value`]: 'a' }],
    ['the value', { value: `a" or x[${PRODUCT}] or value eq "a` }],
  ])('by such a filter in %s of what is to be removed', async (_, value) => {
    const operation = { op: 'remove', path: 'emails', value: [value] }
    expect(await answered(() => patchedUser(operation))).toEqual(refusal('invalidValue'))
  })

  it('by many members of a group, and many operations on them', async () => {
    const ids = Array.from({ length: 5000 }, (_, index) => `hum_${index}`)
    const { outcome, isPrompt } = await answered(() => {
      const { members } = apart({ displayName: 'all', members: ids.map((value) => ({ value })) })
      const Operations = ids.slice(0, 1000).map((id) => ({ op: 'remove', path: `members[value eq "${id}"]` }))
      return patchedMembers(members, aboutMembers(readOperations({ Operations }, {}))[0])
    })
    expect([outcome, isPrompt]).toEqual([ids.slice(1000), true])
  })

  it('by a user with more values than anybody has', async () => {
    const emails = Array.from({ length: 101 }, (_, index) => ({ value: `a${index}@corp.example` }))
    const sent = { ...okta.user('ada'), emails }
    expect(await answered(() => readResource('User', sent))).toEqual(refusal('invalidValue'))
    const adding = emails.map((email) => ({ op: 'add', path: 'emails', value: [email] }))
    expect(await answered(() => patchedUser(...adding))).toEqual(refusal('invalidValue'))
  })

  it('by more operations than one request may have, in whichever form', async () => {
    const value = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`a${index}`, 'x']))
    expect(await answered(() => patchedUser({ op: 'add', value }))).toEqual(refusal('invalidSyntax'))
  })

  it('by a user that is changed a thousand times: others are served in between', async () => {
    const Operations = Array.from({ length: 1000 }, (_, index) => ({
      op: 'replace',
      path: 'displayName',
      value: `Ada ${index}`,
    }))
    let turns = 0
    const others = setInterval(() => (turns += 1), 0)
    const user = await patchedUser(...Operations)
    clearInterval(others)
    expect([user['displayName'], turns > 10]).toEqual(['Ada 999', true])
  })
})

describe('a filter', () => {
  it('is of one comparison or several, each with a text as JSON writes it', () => {
    const text = String.raw`userName EQ "a \"b\" and (c)" AND emails.value eq "\u0041"`
    expect(readFilter(text)).toEqual([
      { attribute: 'username', value: 'a "b" and (c)' },
      { attribute: 'emails.value', value: 'A' },
    ])
  })

  it.each(['', ' ', 'a eq "x" and', 'a eq "x" b eq "y"', 'a eq x', 'a eq "x', String.raw`a eq "\u0000"`])(
    'is not: %j',
    (text) => {
      expect(() => readFilter(text)).toThrow('filters are')
    },
  )
})

const after = (...operations: { op: 'add' | 'remove' | 'replace'; path: string; value?: unknown }[]) =>
  patchedMembers(['a', 'b', 'c'], operations)

describe('members of a group', () => {
  it('are added, removed and replaced in the forms of the standard', () => {
    expect(after({ op: 'add', path: 'Members', value: { value: 'd' } })).toEqual(['a', 'b', 'c', 'd'])
    expect(after({ op: 'remove', path: 'members[value eq "a" or Value eq "c"]' })).toEqual(['b'])
    expect(after({ op: 'remove', path: 'members', value: [{ $ref: null, value: 'b' }] })).toEqual(['a', 'c'])
    expect(after({ op: 'remove', path: 'members' }, { op: 'add', path: 'members', value: [] })).toEqual([])
    expect(after({ op: 'replace', path: 'members', value: [{ value: 'd' }] })).toEqual(['d'])
    expect(after({ op: 'remove', path: 'members[value eq "nobody"]' })).toEqual(['a', 'b', 'c'])
  })

  it('are meant also by a path that begins with the schema', () => {
    const path = 'urn:ietf:params:scim:schemas:core:2.0:Group:members'
    const Operations = [{ op: 'add', path, value: [{ value: 'a' }] }]
    const [about, others] = aboutMembers(readOperations({ Operations }, {}))
    expect([patchedMembers(['b'], about), others]).toEqual([['b', 'a'], []])
  })

  it.each([
    ['remove', 'members[display eq "a"]', undefined],
    ['remove', 'members.value', undefined],
    ['replace', 'members[value eq "a"].display', 'x'],
    ['add', 'members[value eq "a"]', { value: 'x' }],
    ['add', 'members', 'x'],
    ['replace', 'members', undefined],
    ['add', 'members', [{ display: 'x' }]],
  ] as const)('are not named by %s %s %j', (op, path, value) => {
    expect(() => after({ op, path, value })).toThrow(/member/)
  })

  it('are read from a group in any case, and once', () => {
    expect(apart({ Members: [{ Value: 'a' }, { value: 'a' }], displayName: 'x' })).toEqual({
      group: { displayName: 'x' },
      members: ['a'],
    })
    expect(() => apart({ Members: [], members: [] })).toThrow('more than once')
    expect(() => apart({ members: null })).toThrow('must be a list')
  })
})
