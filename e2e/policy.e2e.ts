import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  AccessGroupView,
  ActionClass,
  AgentView,
  ConnectionView,
  JsonObjectSchema,
  JsonSchema,
  pageOf,
  PolicyView,
} from '@writ/contracts'
import type { Json, JsonObject } from '@writ/contracts'
import { TEMPLATES } from '@writ/policy'
import { parse } from 'yaml'
import { z } from 'zod'
import { eventually, storedRecords } from './drivers/ledger.ts'
import type { StoredRecord } from './drivers/ledger.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

/** The cases of the policy room, as far as a gateway can be brought to ask them: it makes content, pins and principals itself. */
const Case = z.object({
  id: z.int(),
  says: z.string(),
  policies: z.array(z.record(z.string(), z.unknown())),
  defaults: z.array(z.enum(['allow', 'deny'])).default(['allow']),
  overrides: z.array(z.unknown()).default([]),
  protected: z.array(z.string()).default([]),
  session: z.unknown().optional(),
  question: z.strictObject({
    tool: z.string().default('push_files'),
    class: ActionClass.default('write.shared'),
    args: JsonObjectSchema.default({}),
    content: JsonSchema.optional(),
    direction: z.enum(['outbound', 'inbound']).default('outbound'),
    channel: z.literal('gateway').default('gateway'),
  }),
  want: z.object({
    outcome: z.enum(['allow', 'ask', 'deny', 'abort']),
    rules: z.array(z.string()),
    content: JsonSchema.optional(),
    byDefault: z.boolean().default(false),
    labels: z.array(z.string()).default([]),
  }),
})
type Case = z.infer<typeof Case>

/** What a spec of the engine names and a gateway finds out: ids, principals, pins, times, content beside the params. */
const OF_THE_SPEC =
  /(?:agt|hum|grp|ses|con)_|agent\.|human\.|chain\.|session\.|tool\.|env\.|provenance|connection\.trust|elsewhere|"content\.(?!signals)/

const folder = new URL('../libs/policy/cases/', import.meta.url)
const all = readdirSync(folder)
  .sort()
  .flatMap((file) =>
    z.array(z.unknown()).parse(parse(readFileSync(new URL(file, folder), 'utf8'), { merge: true })),
  )
const cases = all.flatMap((one) => {
  const read = Case.safeParse(one)
  return read.success && isAskable(read.data) ? [read.data] : []
})

function isAskable({ policies, overrides, session, question, protected: kept, defaults }: Case): boolean {
  if (overrides.length > 0 || kept.length > 0 || session !== undefined || defaults.length > 1) return false
  if (OF_THE_SPEC.test(JSON.stringify(policies))) return false
  const { direction, content, args, tool } = question
  if (direction === 'inbound') return isResult(content)
  return content === undefined || JSON.stringify(content) === JSON.stringify({ name: tool, arguments: args })
}

function isResult(content: Json | undefined): content is JsonObject {
  return typeof content === 'object' && content !== null && !Array.isArray(content)
}

describe('the cases of the policy language, through a real gateway', () => {
  let world: World
  let upstream: ScriptedUpstream
  const agents = new Map<number, EnrolledAgent>()
  const refusedAtPublish = new Set<number>()
  const connections = new Map<ActionClass, ConnectionView>()

  beforeAll(async () => {
    world = await startWorld({ redis: 'off' })
    upstream = await startScriptedUpstream()
    await detachTemplates(world)
    for (const actionClass of new Set(cases.map(({ question }) => question.class)))
      connections.set(actionClass, await connectFor(actionClass))
    for (const one of cases) await publish(one)
  }, 240_000)
  afterAll(async () => {
    await world.stop()
    upstream.server.close()
  }, 60_000)

  function connectFor(actionClass: ActionClass): Promise<ConnectionView> {
    const name = actionClass === 'write.shared' ? 'github' : `github-${actionClass.replace('.', '-')}`
    const tools = [...new Set(cases.map(({ question }) => question.tool))]
    const toolClasses = Object.fromEntries(tools.map((tool) => [tool, actionClass]))
    const connection = { name, url: upstream.url, credential: { kind: 'none' }, toolClasses }
    return world.acme.admin.send('POST', 'connections', connection, ConnectionView)
  }

  /** A group of its own for each case, with its policies, its agent and every connection. */
  async function publish(one: Case): Promise<void> {
    const { admin } = world.acme
    const group = await admin.send(
      'POST',
      'access-groups',
      { name: `case ${one.id}`, default: one.defaults[0] },
      AccessGroupView,
    )
    const given = { connections: [...connections.values()].map(({ id }) => id) }
    await admin.send('PUT', `access-groups/${group.id}/connections`, given, AccessGroupView)
    for (const [at, policy] of one.policies.entries()) {
      const document = 'template' in policy ? templateOf(String(policy['template'])) : { writ: 1, ...policy }
      const body = { name: `case ${one.id}, ${at}`, document, groups: [group.id] }
      try {
        await admin.send('POST', 'policies', body, PolicyView)
      } catch (error) {
        if (!/rules that cannot be evaluated/.test(String(error))) throw error
        refusedAtPublish.add(one.id)
      }
    }
    const agent = await world.acme.enrol(`case-${one.id}`)
    await admin.send('PUT', `agents/${agent.id}/groups`, { groups: [group.id] }, AgentView)
    agents.set(one.id, agent)
  }

  it('are most of them', () => {
    expect(cases.length).toBeGreaterThan(40)
  })

  it('are refused at publish exactly when a rule of theirs cannot be evaluated', () => {
    const faulty = cases
      .filter(({ want }) => want.rules.some((rule) => rule.endsWith('!')))
      .map(({ id }) => id)
    expect([...refusedAtPublish].filter((id) => !faulty.includes(id))).toEqual([])
  })

  it.each(cases.map((one) => [one.id, one.says, one] as const))(
    '%i: %s',
    async (_id, _says, one) => {
      if (refusedAtPublish.has(one.id)) return
      const { question, want } = one
      upstream.answer = question.direction === 'inbound' ? (question.content ?? {}) : { content: [] }
      const decision = await decisionOf(one)
      expect(decision.outcome).toBe(want.outcome)
      expect(decision.matches.map(({ rule, errored }) => `${rule}${errored ? '!' : ''}`).toSorted()).toEqual(
        want.rules.toSorted(),
      )
      expect(decision).toMatchObject({ byDefault: want.byDefault, labels: want.labels })
      expect(decision.modified).toBe(want.content !== undefined)
      if (want.content !== undefined && question.direction === 'outbound')
        expect(upstream.last).toEqual(want.content)
    },
    30_000,
  )

  async function decisionOf(one: Case): Promise<NonNullable<StoredRecord['outbound']>> {
    const { question } = one
    const agent = agents.get(one.id)
    if (!agent) throw new Error(`case ${one.id} has no agent`)
    const url = `${world.platform.gatewayUrls[0]}/acme/${connections.get(question.class)?.name}/mcp`
    const answer = await eventually('the connection', async () => {
      const tried = await agent.call(question.tool, question.args, url)
      return tried.error?.code === -31_102 || tried.error?.code === -31_021 ? undefined : tried
    })
    const id = answer.headers.get('writ-decision-id')
    const record = await eventually('the record', async () =>
      (await storedRecords(world, world.acme.id)).find(
        ({ decisionId, kind }) => decisionId === id && kind === 'closed',
      ),
    )
    const decision = question.direction === 'inbound' ? (record.inbound ?? record.outbound) : record.outbound
    if (!decision) throw new Error(`case ${one.id} was not decided: ${record.refusal}`)
    return decision
  }
})

const templateOf = (name: string): unknown => TEMPLATES.find((template) => template.name === name)?.document

async function detachTemplates({ acme }: World): Promise<void> {
  const { items } = await acme.admin.get('policies', pageOf(PolicyView))
  for (const { id } of items) await acme.admin.send('PATCH', `policies/${id}`, { groups: [] }, PolicyView)
}

type ScriptedUpstream = { readonly server: Server; readonly url: string; answer: Json; last: Json }

/** An MCP server that answers every call with what the test says, and remembers the params. */
async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { id, params } = Message.parse(JSON.parse(Buffer.concat(chunks).toString()))
      upstream.last = params
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: upstream.answer }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the upstream has no port')
  const upstream: ScriptedUpstream = {
    server,
    url: `http://127.0.0.1:${address.port}/mcp`,
    answer: {},
    last: null,
  }
  return upstream
}

const Message = z.object({ id: z.int(), params: JsonSchema })
