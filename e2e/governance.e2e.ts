import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  AccessGroupView,
  ApprovalView,
  ConnectionView,
  OverrideView,
  pageOf,
  PolicyView,
  ToolView,
} from '@writ/contracts'
import { TEMPLATES } from '@writ/policy'
import { z } from 'zod'
import { eventually, storedRecords } from './drivers/ledger.ts'
import { callTool, MCP_HEADERS, readAnswer } from './drivers/tenant.ts'
import type { EnrolledAgent, RpcAnswer } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const UNAVAILABLE = -31_101
const REQUIRED = -31_104
const DENIED = -31_100

async function sent(agent: EnrolledAgent, url: string, message: string): Promise<RpcAnswer> {
  const body = new TextEncoder().encode(message)
  return readAnswer(await agent.session.fetch(url, { method: 'POST', headers: MCP_HEADERS, body }))
}

const listed = (agent: EnrolledAgent, url: string): Promise<RpcAnswer> =>
  sent(agent, url, '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}')

const Asked = z.object({
  id: z.number(),
  method: z.string(),
  params: z.object({ name: z.string().optional() }),
})

/** An upstream that makes a task of every call, and answers every other message with a result. */
async function startTasks(): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((request, response) => void answerTask(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}/mcp`, close: () => server.close() }
}

async function answerTask(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { id, method, params } = Asked.parse(JSON.parse(await text(request)))
  const task = { taskId: `task-of-${params.name ?? ''}`, status: 'working' }
  const done = { content: [{ type: 'text', text: 'done' }] }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result: method === 'tools/call' ? { task } : done }))
}

const toolsOf = ({ text: listing }: RpcAnswer): readonly string[] =>
  [...listing.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name ?? '')

const lastNote = (world: World) => String(world.acme.upstream.seen.at(-1)?.args['note'])

describe('governance over two gateways that share Redis', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld({ redis: 'required', gateways: 2 })
  }, 120_000)
  afterAll(() => world.stop(), 60_000)

  const urlAt = (gateway: number) => `${world.platform.gatewayUrls[gateway]}/acme/tools/mcp`

  /** A new agent in a group of its own, under one policy with these rules. */
  async function governed(
    name: string,
    rules: object[],
    settings: object = {},
  ): Promise<EnrolledAgent & { policy: PolicyView; group: AccessGroupView }> {
    const { admin } = world.acme
    const group = await admin.send('POST', 'access-groups', { name, ...settings }, AccessGroupView)
    const connections = { connections: [world.acme.connection.id] }
    await admin.send('PUT', `access-groups/${group.id}/connections`, connections, AccessGroupView)
    const document = {
      writ: 1,
      rules: rules.map((rule) => ({ reason: 'The house says so.', on: ['outbound'], ...rule })),
    }
    const policy = await admin.send('POST', 'policies', { name, document, groups: [group.id] }, PolicyView)
    const agent = await world.acme.enrol(name)
    await admin.send('PUT', `agents/${agent.id}/groups`, { groups: [group.id] }, z.unknown())
    for (const gateway of [0, 1])
      await eventually(`gateway ${gateway} serves ${name}`, async () => {
        const { error } = await listed(agent, urlAt(gateway))
        return error === undefined
      })
    return { ...agent, policy, group }
  }

  const recordOf = (answer: RpcAnswer) =>
    eventually('the record', async () =>
      (await storedRecords(world, world.acme.id)).find(
        ({ decisionId, kind }) => kind === 'closed' && decisionId === answer.headers.get('writ-decision-id'),
      ),
    )

  it('lets a call out once for an approval, for the very arguments that were approved', async () => {
    const agent = await governed('asks', [
      { id: 'ask', effect: 'ask', when: { path: 'action.tool', op: 'eq', value: 'add_note' } },
    ])
    const first = await agent.call('add_note', { note: 'pay 20' })
    expect(first.error?.code).toBe(REQUIRED)
    const id = String(first.error?.data?.['approval'])
    const { admin } = world.acme
    expect(await admin.get(`approvals/${id}`, ApprovalView)).toMatchObject({
      state: 'pending',
      tool: 'add_note',
      rule: 'ask',
    })
    await admin.send('POST', `approvals/${id}/approve`, {}, ApprovalView)
    expect((await agent.call('add_note', { note: 'pay 2000' }, urlAt(1))).error?.code).toBe(REQUIRED)
    const passed = await agent.call('add_note', { note: 'pay 20' }, urlAt(1))
    expect(passed.error).toBeUndefined()
    expect((await recordOf(passed)).outbound).toMatchObject({ outcome: 'ask', approval: id })
    expect((await agent.call('add_note', { note: 'pay 20' })).error?.code).toBe(REQUIRED)
  }, 60_000)

  it('finds the approval of a call with numbers that JSON cannot say exactly, for those very digits', async () => {
    const agent = await governed('exact', [
      { id: 'ask', effect: 'ask', when: { path: 'action.tool', op: 'eq', value: 'add_note' } },
    ])
    const pay = (amount: string, gateway: number, id: number) =>
      sent(
        agent,
        urlAt(gateway),
        `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"add_note","arguments":{"note":"pay","amount":${amount}}}}`,
      )
    const asked = await pay('9007199254740993', 0, 1)
    expect(asked.error?.code).toBe(REQUIRED)
    const path = `approvals/${String(asked.error?.data?.['approval'])}/approve`
    await world.acme.admin.send('POST', path, {}, ApprovalView)
    expect((await pay('9007199254740992', 1, 2)).error?.code).toBe(REQUIRED)
    expect((await pay('9007199254740993', 1, 3)).error).toBeUndefined()
  }, 60_000)

  it('uses nothing up for an agent that hung up while its call was held', async () => {
    const ask = { id: 'ask', effect: 'ask', ask: { wait: '20s' } }
    const agent = await governed('hangs-up', [
      { ...ask, when: { path: 'action.tool', op: 'eq', value: 'add_note' } },
    ])
    const hangUp = new AbortController()
    const body = new TextEncoder().encode(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_note","arguments":{"note":"held"}}}',
    )
    const held = agent.session
      .fetch(urlAt(0), { method: 'POST', headers: MCP_HEADERS, body, signal: hangUp.signal })
      .catch(() => null)
    const { id } = await eventually('the request', async () => {
      const { items } = await world.acme.admin.get('approvals?state=pending', pageOf(ApprovalView))
      return items.find((item) => item.agent.id === agent.id)
    })
    hangUp.abort()
    expect(await held).toBeNull()
    await new Promise((done) => setTimeout(done, 1500))
    await world.acme.admin.send('POST', `approvals/${id}/approve`, {}, ApprovalView)
    await new Promise((done) => setTimeout(done, 1500))
    expect(await world.acme.admin.get(`approvals/${id}`, ApprovalView)).toMatchObject({ state: 'approved' })
    expect((await agent.call('add_note', { note: 'held' })).error).toBeUndefined()
  }, 60_000)

  it('answers a refused approval with a no, and an ask that nobody answers too', async () => {
    const rules = [{ id: 'ask', effect: 'ask', when: { path: 'action.tool', op: 'eq', value: 'add_note' } }]
    const agent = await governed('refused', rules)
    const asked = await agent.call('add_note', { note: 'x' })
    await world.acme.admin.send(
      'POST',
      `approvals/${String(asked.error?.data?.['approval'])}/refuse`,
      {},
      ApprovalView,
    )
    expect((await agent.call('add_note', { note: 'x' })).error?.code).toBe(-31_105)
    const headless = await governed('headless', rules, { approvers: 'nobody' })
    expect((await headless.call('add_note', { note: 'x' })).error?.code).toBe(UNAVAILABLE)
  }, 60_000)

  it('holds the call open for as long as the rule says, when somebody approves meanwhile', async () => {
    const ask = {
      id: 'ask',
      effect: 'ask',
      ask: { wait: '20s' },
      when: { path: 'action.tool', op: 'eq', value: 'add_note' },
    }
    const agent = await governed('waits', [ask])
    const calling = agent.call('add_note', { note: 'wait for me' })
    const approval = await eventually('the request', async () => {
      const { items } = await world.acme.admin.get('approvals?state=pending', pageOf(ApprovalView))
      return items.find((item) => item.agent.id === agent.id)
    })
    await world.acme.admin.send('POST', `approvals/${approval.id}/approve`, {}, ApprovalView)
    expect((await calling).error).toBeUndefined()
  }, 60_000)

  it('never lets more calls out than a cap allows, through however many gateways at once', async () => {
    const agent = await governed('capped', [
      {
        id: 'three',
        effect: 'deny',
        when: { count: { tool: ['add_note'] }, window: '1h', op: 'gte', value: 3 },
      },
    ])
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) => agent.call('add_note', { note: `${at}` }, urlAt(at % 2))),
    )
    expect(answers.filter(({ error }) => error === undefined)).toHaveLength(3)
    expect(answers.filter(({ error }) => error?.code === DENIED)).toHaveLength(9)
  }, 60_000)

  it('ends a session that a rule aborts: at the next call at every gateway, and for new tokens', async () => {
    const agent = await governed('aborted', [
      { id: 'stop', effect: 'abort', when: { path: 'args.note', op: 'eq', value: 'bomb' } },
    ])
    const aborted = await agent.call('add_note', { note: 'bomb' })
    expect(aborted.error?.code).toBe(-31_106)
    expect((await recordOf(aborted)).outcome).toBe('abort')
    await eventually('the end of the session everywhere', async () => {
      const answers = await Promise.all(
        [0, 1].map(async (gateway) =>
          agent.call('add_note', { note: 'more' }, urlAt(gateway)).catch(() => null),
        ),
      )
      return answers.every((answer) => answer === null || answer.status === 401)
    })
  }, 60_000)

  it('shows each caller the tools that it may call, and records which were left out', async () => {
    const agent = await governed('blinkered', [
      { id: 'no-notes', effect: 'deny', when: { path: 'action.tool', op: 'eq', value: 'add_note' } },
    ])
    const listing = await listed(agent, urlAt(0))
    expect(toolsOf(listing)).toContain('lookup_order')
    expect(toolsOf(listing)).not.toContain('add_note')
    expect((await recordOf(listing)).inbound?.hidden).toEqual(['add_note'])
    const denied = await agent.call('add_note', { note: 'x' })
    expect(denied.error?.code).toBe(DENIED)
    expect((await recordOf(denied)).outbound?.hidden).toEqual(['add_note'])
  }, 60_000)

  it('denies by default where a group says so, and an override lets one principal through', async () => {
    const agent = await governed(
      'closed',
      [
        { id: 'listing', effect: 'allow', when: { path: 'action.tool', op: 'eq', value: 'lookup_order' } },
        { id: 'no-a', effect: 'deny', when: { path: 'args.order', op: 'eq', value: 'A-1' } },
      ],
      { default: 'deny' },
    )
    expect((await agent.call('lookup_order', { order: 'B-1' })).error).toBeUndefined()
    expect((await agent.call('add_note', { note: 'x' })).error?.code).toBe(DENIED)
    expect((await agent.call('lookup_order', { order: 'A-1' })).error?.code).toBe(DENIED)
    const asking = (method: string) =>
      sent(agent, urlAt(0), `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"level":"debug"}}`)
    for (const method of ['logging/setLevel', 'tasks/list', 'subscriptions/listen'])
      expect((await asking(method)).error?.code).toBe(DENIED)
    expect((await asking('ping')).error?.code).not.toBe(DENIED)
    const until = new Date(Date.now() + 3_600_000).toISOString()
    const override = {
      policy: agent.policy.id,
      rule: 'no-a',
      principal: agent.id,
      resource: '*',
      until,
      reason: 'A test.',
    }
    await world.acme.admin.send('POST', 'overrides', override, OverrideView)
    await eventually(
      'the override',
      async () => (await agent.call('lookup_order', { order: 'A-1' })).error === undefined,
    )
  }, 60_000)

  it('keeps a catalogue of what upstreams list, and denies a tool that is not approved once some are', async () => {
    const agent = await governed('pinned', [
      { id: 'pins', effect: 'deny', when: { path: 'tool.pin', op: 'in', value: ['new', 'changed'] } },
    ])
    const { admin, connection } = world.acme
    const tools = await eventually('the catalogue', async () => {
      const { items } = await admin.get(`connections/${connection.id}/tools`, pageOf(ToolView))
      return items.some(({ name }) => name === 'lookup_order') ? items : undefined
    })
    const lookup = tools.find(({ name }) => name === 'lookup_order')
    expect(lookup).toMatchObject({
      standing: 'new',
      class: expect.any(String),
      classSource: expect.any(String),
    })
    await admin.send(
      'POST',
      `connections/${connection.id}/tools/tool/lookup_order/approve`,
      { pin: lookup?.pin },
      z.unknown(),
    )
    await eventually(
      'the approved tool passes',
      async () => (await agent.call('lookup_order', { order: 'A-1' })).error === undefined,
    )
    expect((await agent.call('add_note', { note: 'x' })).error?.code).toBe(DENIED)
  }, 60_000)

  it('lets no approved tool be called before anybody was shown it, whichever gateway is asked, nor after it is withdrawn', async () => {
    const rules = TEMPLATES.find(({ name }) => name === 'pin-break')?.document.rules ?? []
    const agent = await governed('unlisted', [...rules])
    const { admin, upstream, secret } = world.acme
    const credential = { kind: 'api-key', header: 'x-api-key', secret }
    const second = { name: 'second', url: upstream.url, credential, groups: [agent.group.id] }
    const connection = await admin.send('POST', 'connections', second, ConnectionView)
    const at = (gateway: number) => `${world.platform.gatewayUrls[gateway]}/acme/second/mcp`
    const look = (by: EnrolledAgent, gateway: number) =>
      by.call('lookup_order', { order: 'A-1' }, at(gateway))
    const tools = `connections/${connection.id}/tools`
    const found = await eventually('the catalogue', async () => {
      await listed(agent, at(0))
      const { items } = await admin.get(tools, pageOf(ToolView))
      return items.find(({ name }) => name === 'lookup_order')
    })
    await admin.send('POST', `${tools}/tool/lookup_order/approve`, { pin: found.pin }, ToolView)
    await eventually('the approved tool passes', async () => (await look(agent, 0)).error === undefined)
    const other = { ...agent, session: agent.anotherSession() }
    const called = (gateway: number) => callTool(other.session, at(gateway), 'lookup_order', { order: 'A-1' })
    const unverified = await eventually('the bundle at the other gateway', async () => {
      const answer = await called(1)
      return answer.error?.data?.['rule'] === 'deny-unverified' ? answer : undefined
    })
    expect(unverified.error?.code).toBe(DENIED)
    await listed(other, at(0))
    expect((await called(1)).error).toBeUndefined()
    expect((await look(agent, 1)).error).toBeUndefined()
    await admin.send('POST', `${tools}/tool/lookup_order/withdraw`, {}, ToolView)
    await eventually('the withdrawn tool is asked about', async () => {
      const answers = await Promise.all([0, 1].map(called))
      return answers.every(({ error }) => error?.code === REQUIRED || error?.code === DENIED)
    })
  }, 90_000)

  it('judges the result of a task as the answer to the call that began it, whichever gateway it is fetched through', async () => {
    const ofPay = { path: 'action.tool', op: 'eq', value: 'pay' }
    const fetched = { path: 'action.method', op: 'eq', value: 'tasks/result' }
    const agent = await governed('fetches-later', [
      { id: 'no-receipts', effect: 'deny', on: ['inbound'], when: { all: [ofPay, fetched] } },
    ])
    const upstream = await startTasks()
    const url = { url: upstream.url, credential: { kind: 'none' }, groups: [agent.group.id] }
    await world.acme.admin.send('POST', 'connections', { name: 'later', ...url }, ConnectionView)
    const at = (gateway: number) => `${world.platform.gatewayUrls[gateway]}/acme/later/mcp`
    const result = (task: string) =>
      sent(
        agent,
        at(1),
        `{"jsonrpc":"2.0","id":9,"method":"tasks/result","params":{"taskId":${JSON.stringify(task)}}}`,
      )
    const begun = (tool: string) =>
      eventually(`the task of ${tool}`, async () => {
        const { text: answer } = await callTool(agent.session, at(0), tool, {})
        return /"taskId":"([^"]+)"/.exec(answer)?.[1]
      })
    const [payment, reading] = [await begun('pay'), await begun('read')]
    await eventually(
      'the connection at the other gateway',
      async () => (await result(reading)).status === 200,
    )
    expect((await result(reading)).text).toContain('done')
    const withheld = await result(payment)
    expect(withheld.text).not.toContain('done')
    expect(withheld.error?.data?.['rule']).toBe('no-receipts')
    upstream.close()
  }, 60_000)

  it('writes tokens outward and restores them where a rule says so, within the session only', async () => {
    const agent = await governed('tokens', [
      {
        id: 'token',
        effect: 'modify',
        when: { path: 'args.mode', op: 'ne', value: 'back' },
        modify: { 'pii.email': 'token' },
      },
      {
        id: 'restore',
        effect: 'modify',
        when: { path: 'args.mode', op: 'eq', value: 'back' },
        modify: { 'token.writ': 'restore' },
      },
    ])
    await agent.call('add_note', { note: 'write to ana@example.com' })
    expect(lastNote(world)).toMatch(/^write to \[EMAIL#[\w-]+\]$/)
    const token = lastNote(world)
    await agent.call('add_note', { note: 'write to ana@example.com' }, urlAt(1))
    expect(lastNote(world)).toBe(token)
    await agent.call('add_note', { note: token, mode: 'back' }, urlAt(1))
    expect(lastNote(world)).toBe('write to ana@example.com')
  }, 60_000)
})
