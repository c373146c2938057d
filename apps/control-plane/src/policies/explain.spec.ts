import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { enrolledAgent } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'

let plane: ControlPlane
let key: string
let agent: EnrolledAgent
let defaultGroup: string

beforeAll(async () => {
  plane = await givenControlPlane()
  const { tenant, ownerKey } = await plane.newTenant()
  key = ownerKey.key
  defaultGroup = tenant.defaultGroup
  agent = await enrolledAgent(plane, tenant.slug, key)
  await plane.ask('POST', '/api/v1/connections', {
    key,
    body: {
      name: 'crm',
      url: 'http://127.0.0.1:9/mcp',
      credential: { kind: 'none' },
      groups: [defaultGroup],
    },
  })
})
afterAll(() => plane?.close())

const explain = (body: object) =>
  plane.ask('POST', '/api/v1/policies/explain', {
    key,
    body: { agent: agent.id, connection: 'crm', tool: 'get_contact', ...body },
  })

const denying = (effect: string, more: object = {}) => ({
  writ: 1,
  rules: [
    {
      id: 'no-delete',
      effect,
      when: { path: 'action.class', op: 'eq', value: 'destructive' },
      reason: 'deletes are for people',
    },
  ],
  ...more,
})

const SESSION_RULES = {
  writ: 1,
  rules: [
    {
      id: 'tainted',
      effect: 'ask',
      on: ['outbound'],
      when: { path: 'session.labels', op: 'has', value: 'tainted' },
      reason: 'words of strangers',
    },
    {
      id: 'hourly',
      effect: 'deny',
      on: ['outbound'],
      when: {
        sum: 'args.amount',
        of: { class: ['money'] },
        window: '1h',
        plus: 'args.amount',
        op: 'gt',
        value: 100,
      },
      reason: 'no more than 100 an hour',
    },
  ],
}

async function outcomeOf(body: object): Promise<unknown> {
  const answer = await explain({ tool: 'pay', args: { amount: 60 }, ...body })
  expect(answer.status).toBe(200)
  return answer.body.decision.outcome
}

const PATTERN_RULES = {
  writ: 1,
  patterns: { order: 'ORD-[0-9]+' },
  rules: [
    {
      id: 'orders',
      effect: 'flag',
      when: { path: 'content.signals', op: 'has', value: 'pattern.order' },
      reason: 'orders are counted',
    },
  ],
}

describe('explaining a call', () => {
  it('allows what no rule is against', async () => {
    const { body, status } = await explain({ args: { id: 7 } })
    expect(status).toBe(200)
    expect(body).toMatchObject({ connectionAllowed: true, groups: [{ id: defaultGroup, name: 'default' }] })
    expect(body.decision).toMatchObject({ outcome: 'allow', modified: false })
    expect(body.rulesEvaluated).toBeGreaterThan(0)
    expect(body.rules).toHaveLength(body.rulesEvaluated)
    expect(body.rules[0]).toMatchObject({ policyName: expect.any(String), leaves: expect.any(Array) })
  })

  it('shows of each rule what was compared with what', async () => {
    const { body: policy } = await plane.ask('POST', '/api/v1/policies', {
      key,
      body: {
        name: 'small amounts',
        document: {
          writ: 1,
          rules: [
            {
              id: 'cap',
              effect: 'deny',
              when: { path: 'args.amount', op: 'gt', value: 100 },
              reason: 'too much',
            },
          ],
        },
        groups: [defaultGroup],
      },
    })
    const { body } = await explain({ tool: 'pay', args: { amount: 99 } })
    const trace = body.rules.find(({ policy: id }: { policy: string }) => id === policy.id)
    const leaf = { at: '/when', path: 'args.amount', op: 'gt', operand: 100, value: 99, truth: 'false' }
    expect(trace).toMatchObject({ rule: 'cap', truth: 'false', leaves: [leaf] })
    await plane.ask('DELETE', `/api/v1/policies/${policy.id}`, { key })
  })

  it('shows what the template for personal data lets through', async () => {
    const { body } = await explain({ tool: 'send_mail', args: { to: 'ada.lovelace@example.com' } })
    expect(body.decision).toMatchObject({ outcome: 'allow', modified: true })
    expect(JSON.stringify(body.decision.content)).not.toContain('ada.lovelace@example.com')
  })

  it('names the rule that denies, and stops when the policy is changed or detached', async () => {
    const created = await plane.ask('POST', '/api/v1/policies', {
      key,
      body: { name: 'no deletes', document: denying('deny'), groups: [defaultGroup] },
    })
    const denied = await explain({ tool: 'delete_contact' })
    expect(denied.body.decision).toMatchObject({ outcome: 'deny' })
    expect(denied.body.decision.matches).toContainEqual(
      expect.objectContaining({
        policy: created.body.id,
        policyVersion: 1,
        rule: 'no-delete',
        effect: 'deny',
      }),
    )
    await plane.ask('PATCH', `/api/v1/policies/${created.body.id}`, {
      key,
      body: { document: denying('flag') },
    })
    expect((await explain({ tool: 'delete_contact' })).body.decision.outcome).toBe('allow')
    await plane.ask('PATCH', `/api/v1/policies/${created.body.id}`, {
      key,
      body: { document: denying('deny') },
    })
    expect((await explain({ tool: 'delete_contact' })).body.decision.outcome).toBe('deny')
    const { body: versions } = await plane.ask('GET', `/api/v1/policies/${created.body.id}/versions`, { key })
    expect(versions.items.map(({ version }: { version: number }) => version)).toEqual([3, 2, 1])
    await plane.ask('PATCH', `/api/v1/policies/${created.body.id}`, { key, body: { groups: [] } })
    expect((await explain({ tool: 'delete_contact' })).body.decision.outcome).toBe('allow')
    expect((await plane.ask('DELETE', `/api/v1/policies/${created.body.id}`, { key })).status).toBe(204)
    expect((await plane.ask('GET', `/api/v1/policies/${created.body.id}`, { key })).status).toBe(404)
  })

  it('takes names and ids, and of an unknown agent or connection says that it is not there', async () => {
    const { body } = await plane.ask('GET', `/api/v1/agents/${agent.id}`, { key })
    expect((await explain({ agent: body.name })).status).toBe(200)
    expect((await explain({ agent: 'nobody' })).status).toBe(404)
    expect((await explain({ connection: 'nothing' })).status).toBe(404)
  })
})

describe('a policy document', () => {
  it.each([
    ['without rules', { writ: 1, rules: [] }],
    ['of another version', { ...denying('deny'), writ: 2 }],
    ['with an unknown effect', denying('explode')],
    ['with an unknown member', denying('deny', { extra: true })],
    ['that modifies without saying what', denying('modify')],
  ])('%s is refused', async (_, document) => {
    const answer = await plane.ask('POST', '/api/v1/policies', { key, body: { name: 'bad', document } })
    expect(answer.status).toBe(400)
    expect(answer.body.errors.length).toBeGreaterThan(0)
  })

  it('asks in the session that labels and a history make', async () => {
    const { body: policy } = await plane.ask('POST', '/api/v1/policies', {
      key,
      body: { name: 'session', document: SESSION_RULES, groups: [defaultGroup] },
    })
    const paid = { tool: 'pay', class: 'money', args: { amount: 50 } }
    expect(await outcomeOf({})).toBe('allow')
    expect(await outcomeOf({ labels: ['tainted'] })).toBe('ask')
    expect(await outcomeOf({ history: [paid] })).toBe('deny')
    expect(await outcomeOf({ history: [{ ...paid, connection: 'crm', ago: '2h' }] })).toBe('allow')
    expect(await outcomeOf({ history: [{ ...paid, outcome: 'deny' }] })).toBe('allow')
    expect(await outcomeOf({ history: [{ tool: 'read_page', result: 'x', labels: ['tainted'] }] })).toBe(
      'ask',
    )
    await plane.ask('DELETE', `/api/v1/policies/${policy.id}`, { key })
  })

  it.each([
    [{ history: [{ tool: 'a' }, { tool: 'a', connection: 'elsewhere' }] }, 'history[1].connection'],
    [{ labels: ['Not A Label'] }, 'labels[0]'],
    [{ history: Array.from({ length: 101 }, () => ({ tool: 'a' })) }, 'history'],
    [{ history: [{ tool: 'a', outcome: 'maybe' }] }, 'history[0].outcome'],
  ])('refuses a past that cannot be: %#', async (body, path) => {
    const answer = await explain(body)
    expect([answer.status, answer.body.errors]).toEqual([400, [expect.objectContaining({ path })]])
  })

  it('shows the signals of the own patterns', async () => {
    const { body: policy } = await plane.ask('POST', '/api/v1/policies', {
      key,
      body: { name: 'orders', document: PATTERN_RULES, groups: [defaultGroup] },
    })
    const { body } = await explain({ args: { text: 'about ORD-123' } })
    const trace = body.rules.find(({ policy: id }: { policy: string }) => id === policy.id)
    expect(trace.leaves).toMatchObject([{ value: ['pattern.order'], truth: 'true' }])
    await plane.ask('DELETE', `/api/v1/policies/${policy.id}`, { key })
  })
})
