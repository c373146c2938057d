import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { givenControlPlane } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import { givenWorld } from '../testing/worlds.ts'

jest.setTimeout(30_000)

let plane: ControlPlane
let key: string
let defaultGroup: string

beforeAll(async () => {
  plane = await givenControlPlane()
  const { tenant, ownerKey } = await plane.newTenant()
  key = ownerKey.key
  defaultGroup = tenant.defaultGroup
})
afterAll(() => plane?.close())

const YAML = { 'content-type': 'application/yaml' }
const ask = (method: string, path: string, body?: unknown, headers = {}): Promise<Answer> =>
  plane.ask(method, `/api/v1/${path}`, { key, headers, ...(body !== undefined && { body }) })
const newName = () => `policy ${Math.random().toString(36).slice(2)}`
const versionNow = async (): Promise<number> => (await ask('GET', 'tenant')).body.bundleVersion

const rule = (changes: object = {}) => ({
  id: 'no-deleting',
  effect: 'deny',
  on: ['outbound'],
  when: { path: 'action.class', op: 'eq', value: 'destructive' },
  reason: 'deletes are for people',
  ...changes,
})
const test = (decision: string, changes: object = {}) => ({
  name: 'deleting is denied',
  call: { tool: 'delete_contact', class: 'destructive' },
  expect: { decision },
  ...changes,
})
const documentOf = (tests: object[], changes: object = {}) => ({ writ: 1, rules: [rule(changes)], tests })

describe('publishing a policy', () => {
  it('runs its own tests, and takes it when all pass', async () => {
    const { status, body } = await ask('POST', 'policies', {
      name: newName(),
      document: documentOf([
        test('deny'),
        test('allow', { name: 'reading is not', call: { tool: 'get_contact' } }),
      ]),
    })
    expect([status, body.version, body.cedar]).toEqual([201, 1, null])
    expect(body.document.tests).toHaveLength(2)
  })

  it('refuses it when a test fails, and names each that does', async () => {
    const before = await versionNow()
    const document = documentOf([
      test('deny'),
      test('allow', { name: 'is wrong' }),
      test('ask', { name: 'is too' }),
    ])
    const { status, body } = await ask('POST', 'policies', { name: newName(), document })
    expect(status).toBe(422)
    expect(body.errors).toEqual([
      expect.objectContaining({
        path: 'document.tests[1]',
        message: 'is wrong: decision is "deny", not "allow"',
      }),
      expect.objectContaining({ path: 'document.tests[2]', message: expect.stringContaining('is too: ') }),
    ])
    expect(await versionNow()).toBe(before)
  })

  it('refuses a new version of one alike, and keeps the old one', async () => {
    const { body: policy } = await ask('POST', 'policies', {
      name: newName(),
      document: documentOf([test('deny')]),
    })
    const failing = { document: documentOf([test('allow')]) }
    for (const method of ['PATCH', 'PUT'])
      expect((await ask(method, `policies/${policy.id}`, failing)).status).toBe(422)
    expect((await ask('GET', `policies/${policy.id}`)).body.version).toBe(1)
    const passing = { document: documentOf([test('ask')], { effect: 'ask' }) }
    expect((await ask('PUT', `policies/${policy.id}`, passing)).body).toMatchObject({ version: 2 })
  })

  it('refuses patterns that do not compile, and rules of one id', async () => {
    const document = documentOf([])
    const twice = { ...document, rules: [rule(), rule()] }
    const repeated = await ask('POST', 'policies', { name: newName(), document: twice })
    expect([repeated.status, repeated.body.errors[0].path]).toEqual([400, 'document.rules[1].id'])
    for (const pattern of ['(', 'a(?=b)', '(a)\\1']) {
      const matching = { path: 'args.text', op: 'matches', value: 'p' }
      const answer = await ask('POST', 'policies', {
        name: newName(),
        document: { writ: 1, patterns: { p: pattern }, rules: [rule({ when: matching })] },
      })
      expect([pattern, answer.status, answer.body.errors.length > 0]).toEqual([pattern, 400, true])
    }
  })
})

const text = (decision: string) => `writ: 1
title: No deleting
rules:
  - id: no-deleting
    effect: deny
    when: { path: action.class, op: eq, value: destructive }
    reason: deletes are for people
tests:
  - name: deleting is denied
    call: { tool: delete_contact, class: destructive }
    expect: { decision: ${decision} }
`

describe('a policy in YAML', () => {
  it('is taken by itself, under its title or another name', async () => {
    const titled = await ask('POST', 'policies', text('deny'), YAML)
    expect([titled.status, titled.body.name]).toEqual([201, 'No deleting'])
    const named = await ask('POST', 'policies?name=another', text('deny'), YAML)
    expect([named.status, named.body.name]).toEqual([201, 'another'])
    const put = await ask('PUT', `policies/${named.body.id}`, text('deny'), YAML)
    expect([put.status, put.body.version]).toEqual([200, 2])
  })

  it('is taken with what else a request says', async () => {
    const indented = text('deny').replaceAll('\n', '\n  ')
    const body = `name: enveloped\ngroups: [${defaultGroup}]\ndocument:\n  ${indented}`
    const answer = await ask('POST', 'policies', body, YAML)
    expect([answer.status, answer.body.groups]).toEqual([201, [defaultGroup]])
  })

  it('is told with line and column what is wrong with it', async () => {
    const failing = await ask('POST', 'policies?name=x', text('allow'), YAML)
    expect([failing.status, failing.body.errors]).toEqual([
      422,
      [expect.objectContaining({ path: 'tests[0]', line: 9, column: 5 })],
    ])
    const malformed = text('deny').replace('effect: deny', 'effect: explode')
    const formless = await ask('POST', 'policies?name=x', malformed, YAML)
    expect([formless.status, formless.body.errors[0]]).toMatchObject([
      400,
      { path: 'rules[0].effect', line: 5 },
    ])
    const unknown = text('deny').replace('action.class', 'action.clas')
    const faulty = await ask('POST', 'policies?name=x', unknown, YAML)
    expect([faulty.status, faulty.body.errors[0]]).toMatchObject([400, { path: 'rules[0]', line: 4 }])
    const broken = await ask('POST', 'policies?name=x', 'writ: 1\nrules: [', YAML)
    expect([broken.status, broken.body.errors[0].line]).toEqual([400, expect.any(Number)])
  })

  it('says in JSON too where it is wrong', async () => {
    const body = JSON.stringify({ name: 'x', document: documentOf([test('allow')]) }, null, 2)
    const { errors } = (await ask('POST', 'policies', body)).body
    const line = body.split('\n').findIndex((one) => one.includes('deleting is denied'))
    expect(errors).toEqual([expect.objectContaining({ path: 'document.tests[0]', line })])
  })

  it('is read nowhere else, and what no JSON can say is not read', async () => {
    expect((await ask('POST', 'access-groups', 'name: x', YAML)).status).toBe(415)
    for (const bad of [
      'writ: 1\n__proto__: {}\n',
      'writ: 1\ntitle: "\\0"\n',
      'a: 1\na: 2\n',
      'title: &a [*a]',
    ])
      expect([bad, (await ask('POST', 'policies?name=x', bad, YAML)).status]).toEqual([bad, 400])
  })
})

describe('a policy in Cedar', () => {
  const CEDAR = `@id("no-money")
@reason("money is for people")
forbid (principal, action, resource)
when { context.action.class == "money" };
`

  it('is published as rules, beside the text that they came from', async () => {
    const money = {
      name: 'money is denied',
      call: { tool: 'pay', class: 'money' },
      expect: { decision: 'deny' },
    }
    const { status, body } = await ask('POST', 'policies', { name: newName(), cedar: CEDAR, tests: [money] })
    expect([status, body.cedar, body.errors]).toEqual([201, CEDAR, undefined])
    expect(body.document.rules[0]).toMatchObject({ id: 'no-money', effect: 'deny' })
    const wrong = { ...money, expect: { decision: 'allow' } }
    expect((await ask('PUT', `policies/${body.id}`, { cedar: CEDAR, tests: [wrong] })).status).toBe(422)
  })

  it('is told with line and column what has no form here', async () => {
    const { status, body } = await ask('POST', 'policies', {
      name: newName(),
      cedar: `${CEDAR}\nforbid (principal`,
    })
    expect(status).toBe(400)
    expect(body.errors[0]).toMatchObject({
      path: 'cedar',
      line: expect.any(Number),
      column: expect.any(Number),
    })
  })

  it('is either Cedar or a document', async () => {
    const both = { name: newName(), cedar: CEDAR, document: documentOf([]) }
    for (const body of [both, { name: newName() }])
      expect((await ask('POST', 'policies', body)).status).toBe(400)
  })
})

describe('a draft', () => {
  it('is tested without being published', async () => {
    const before = await versionNow()
    const { status, body } = await ask('POST', 'policies/test', {
      document: documentOf([test('deny'), test('allow')]),
    })
    expect([status, body.passed, body.failed]).toEqual([200, 1, 1])
    expect(body.results[1]).toMatchObject({
      passed: false,
      outcome: 'deny',
      rules: ['no-deleting'],
      differences: [{ what: 'decision', expected: 'allow', got: 'deny' }],
      trace: {
        rules: [
          { rule: 'no-deleting', truth: 'true', leaves: [{ path: 'action.class', value: 'destructive' }] },
        ],
      },
    })
    expect(await versionNow()).toBe(before)
  })

  it('is looked at beside the groups and tools of the tenant', async () => {
    const asking = documentOf([], { effect: 'ask' })
    const group = await ask('POST', 'access-groups', { name: newName(), approvers: 'nobody' })
    const { status, body } = await ask('POST', 'policies/lint', { document: asking, groups: [group.body.id] })
    expect(status).toBe(200)
    expect(body.findings).toContainEqual(
      expect.objectContaining({ code: 'unanswerable-ask', rule: 'no-deleting', line: 1 }),
    )
    expect(
      (await ask('POST', 'policies/lint', { document: asking, policy: `pol_${'0'.repeat(26)}` })).status,
    ).toBe(404)
  })

  it('is looked at beside the tools that were seen, in Cedar by its own validator too', async () => {
    const node = await joinedNode(plane)
    const world = await givenWorld(plane)
    const pin = 'a'.repeat(64)
    const inputSchema = { type: 'object', properties: { amount: { type: 'integer' } } }
    await node.ask('POST', '/internal/v1/catalogues', {
      tenant: world.slug,
      connection: world.connection,
      definitions: [{ kind: 'tool', name: 'pay', pin, contentPin: pin, inputSchema }],
    })
    const never = documentOf([], { when: { path: 'action.tool', op: 'eq', value: 'no_such_tool' } })
    const { body } = await world.ask('POST', 'policies/lint', { document: never })
    expect(body.findings).toContainEqual(expect.objectContaining({ code: 'unreachable' }))
    const cedar = 'forbid (principal, action, resource) when { context.action.clas == "money" };'
    const inCedar = await world.ask('POST', 'policies/lint', { cedar })
    const codes = (inCedar.body.findings ?? inCedar.body.errors).map(({ path }: { path: string }) => path)
    expect(codes).toContain('cedar')
    const fit = cedar.replace('clas ', 'class ')
    const fitting = (await world.ask('POST', 'policies/lint', { cedar: fit })).body.findings
    expect(fitting.filter(({ code }: { code: string }) => code === 'cedar-schema')).toEqual([])
    const slip =
      '\nforbid (principal, action == Action::"crm/pay", resource)\nwhen { context.args.amuont > 1 };'
    expect((await world.ask('POST', 'policies/lint', { cedar: slip })).body.findings).toContainEqual({
      level: 'error',
      code: 'cedar-schema',
      rule: null,
      path: 'cedar',
      message: expect.stringContaining('amuont'),
      line: 3,
      column: 8,
    })
  })
})
