import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  AccessGroupView,
  AgentView,
  ApiKeyView,
  ApprovalView,
  Evidence,
  formatId,
  OverrideView,
  pageOf,
  PolicyView,
  RecordView,
  TenantView,
} from '@writ/contracts'
import { z } from 'zod'
import { eventually } from './drivers/ledger.ts'
import { callTool, MCP_HEADERS } from './drivers/tenant.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { TenantWorld, World } from './drivers/world.ts'

/** What an outsider can compare: everything of an answer but what names the request itself. */
async function comparable(response: Response, asked: string): Promise<object> {
  const headers = [...response.headers].filter(
    ([name]) => !['date', 'writ-decision-id', 'dpop-nonce'].includes(name),
  )
  const plain = (text: string) =>
    text.replaceAll(asked, '<asked>').replaceAll(/dec_[0-9A-Z]{26}/g, '<decision>')
  return {
    status: response.status,
    headers: headers.map(([name, value]) => `${name}: ${plain(value)}`),
    body: plain(await response.text()),
  }
}

describe('two tenants on one platform', () => {
  let world: World
  let outsider: EnrolledAgent

  beforeAll(async () => {
    world = await startWorld({ redis: 'required' })
    outsider = await world.beta.enrol()
    await outsider.call('lookup_order', { order: 'B-1' })
  }, 120_000)
  afterAll(() => world.stop(), 60_000)

  const at = (tenant: string, connection = 'tools') =>
    `${world.platform.gatewayUrls[0]}/${tenant}/${connection}/mcp`
  const ask = (url: string) =>
    outsider.session.fetch(url, {
      method: 'POST',
      headers: MCP_HEADERS,
      body: new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"method":"tools/list"}'),
    })

  it.each(['POST', 'GET', 'DELETE'])(
    'the gateway answers a foreign tenant like one that does not exist (%s)',
    async (method) => {
      const visit = async (slug: string) => {
        const body =
          method === 'POST'
            ? { body: new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"method":"tools/list"}') }
            : {}
        return comparable(
          await outsider.session.fetch(at(slug), { method, headers: MCP_HEADERS, ...body }),
          slug,
        )
      }
      const foreign = await visit('acme')
      expect(foreign).toEqual(await visit('nope'))
      expect(foreign).toMatchObject({ status: 401 })
    },
  )

  it('the gateway answers without a token alike for every tenant, known or not', async () => {
    const known = await withoutToken(at('acme'), 'acme')
    expect(known).toEqual(await withoutToken(at('nope'), 'nope'))
    expect(known).toMatchObject({ status: 401 })
  })

  it('the discovery documents say nothing about which tenants exist', async () => {
    const gateway = world.platform.gatewayUrls[0] ?? ''
    expect(await discovered(gateway, 'acme')).toEqual(await discovered(gateway, 'nope'))
  })

  it('no call of a foreign agent reaches the upstream', async () => {
    const before = world.acme.upstream.seen.length
    await callTool(outsider.session, at('acme'), 'lookup_order', { order: 'A-1' })
    await ask(at('acme'))
    expect(world.acme.upstream.seen).toHaveLength(before)
  })

  it('an own connection that does not exist is a 404, and is on the record of nobody else', async () => {
    expect((await ask(at('beta', 'nothing'))).status).toBe(404)
  })

  it('the API answers ids of another tenant like ids that do not exist, on every route', async () => {
    const victim = await world.acme.enrol()
    const document = OpenApi.parse(
      await (await fetch(`${world.platform.controlPlaneUrl}/api/openapi.json`)).json(),
    )
    const routes = routesWithId(document)
    expect(routes.length).toBeGreaterThan(10)
    const { items: policies } = await world.acme.admin.get('policies', pageOf(PolicyView))
    const { override, approval } = await governedThings(world.acme, victim)
    const { items: keys } = await world.acme.admin.get('api-keys', pageOf(ApiKeyView))
    const foreignIds: Record<string, string | undefined> = {
      policies: policies[0]?.id,
      'api-keys': keys[0]?.id,
      agents: victim.id,
      humans: world.acme.human.id,
      connections: world.acme.connection.id,
      'access-groups': world.acme.defaultGroup,
      overrides: override.id,
      approvals: approval.id,
      sessions: approval.session,
    }
    for (const { method, path } of routes) {
      const resource = path.split('/')[3] ?? ''
      const foreign = foreignIds[resource]
      if (foreign === undefined) continue
      const visit = async (id: string) => {
        const response = await fetch(world.platform.controlPlaneUrl + concrete(path, id), {
          method,
          headers: {
            authorization: `Bearer ${world.beta.admin.key}`,
            ...(method === 'GET' || method === 'DELETE' ? {} : { 'content-type': 'application/json' }),
          },
          ...(method === 'GET' || method === 'DELETE' ? {} : { body: bodyFor(method, path) }),
        })
        return comparable(response, id)
      }
      const answered = await visit(foreign)
      expect([method, path, answered]).toEqual([method, path, await visit(idOfNothing(foreign))])
      expect([method, path, answered]).toEqual([method, path, expect.objectContaining({ status: 404 })])
    }
  })
})

const WRIT = join(process.cwd(), 'apps/cli/bin/writ.mjs')
const run = promisify(execFile)

describe('the life of a tenant', () => {
  let world: World
  let agent: EnrolledAgent

  beforeAll(async () => {
    world = await startWorld({ redis: 'required' })
    agent = await world.beta.enrol()
    expect((await agent.call('lookup_order', { order: 'B-1' })).status).toBe(200)
  }, 120_000)
  afterAll(() => world.stop(), 60_000)

  const operator = (method: string, path: string) =>
    fetch(`${world.platform.controlPlaneUrl}/api/v1/tenants/${path}`, {
      method,
      headers: { authorization: `Bearer ${world.platform.secrets.operatorKey}` },
    })
  const called = async () => (await agent.call('lookup_order', { order: 'B-1' }).catch(() => null))?.status
  const whenCalled = (status: number | undefined) =>
    eventually(`a call that ends in ${status}`, async () => ((await called()) === status ? true : undefined))

  it('what admins do is in its audit, which the command line exports and verifies', async () => {
    const { admin } = world.beta
    const group = await admin.send('POST', 'access-groups', { name: 'night shift' }, AccessGroupView)
    await admin.send('PATCH', `access-groups/${group.id}`, { default: 'deny' }, AccessGroupView)
    await admin.send('POST', `agents/${agent.id}/revoke`, {}, AgentView)
    const items = await eventually('the records of it', async () => {
      const page = await admin.get('records?kind=administered&limit=500', pageOf(RecordView))
      return page.items.some(
        ({ record }) => record?.administration?.route === 'POST /api/v1/agents/{id}/revoke',
      )
        ? page.items
        : undefined
    })
    const changed = items.find(
      ({ record }) => record?.administration?.target === group.id && record.administration.before !== null,
    )
    expect(changed?.record?.administration).toMatchObject({
      permission: 'groups.write',
      by: { kind: 'api-key', name: 'owner' },
      before: { name: 'night shift', default: 'allow' },
      after: { name: 'night shift', default: 'deny' },
    })
    expect(JSON.stringify(items)).not.toContain(world.beta.secret)
    expect(JSON.stringify(items)).not.toContain(admin.key.split('.')[1])

    const folder = mkdtempSync(join(tmpdir(), 'writ-audit-'))
    const file = join(folder, 'evidence.json')
    const writ = (...args: string[]) =>
      run(process.execPath, [WRIT, 'audit', ...args], {
        env: {
          ...process.env,
          HOME: folder,
          WRIT_API_KEY: admin.key,
          WRIT_CONTROL_PLANE_URL: world.platform.controlPlaneUrl,
        },
      })
    await writ('export', file)
    expect((await writ('verify', file)).stdout).toContain('completeness hold')
    const evidence = Evidence.parse(JSON.parse(readFileSync(file, 'utf8')))
    expect(evidence.records.filter(({ bytes }) => bytes.includes('"kind":"administered"'))).not.toEqual([])
    rmSync(folder, { recursive: true })
    agent = await world.beta.enrol()
    await whenCalled(200)
  }, 60_000)

  it('its kill switch ends every call at the gateway, and it goes on after it is resumed', async () => {
    const { admin, upstream } = world.beta
    await admin.send('POST', 'tenant/suspend', {}, TenantView)
    await eventually('a refusal', async () => ((await called()) === 200 ? undefined : true))
    const before = upstream.seen.length
    expect(await called()).not.toBe(200)
    expect(upstream.seen).toHaveLength(before)
    await admin.send('POST', 'tenant/resume', {}, TenantView)
    await whenCalled(200)
  }, 60_000)

  it('deleted, it is nowhere: the gateway answers as for a tenant that never was', async () => {
    const gateway = world.platform.gatewayUrls[0] ?? ''
    expect((await operator('DELETE', 'beta')).status).toBe(409)
    expect((await operator('POST', 'beta/suspend')).status).toBe(200)
    expect((await operator('DELETE', 'beta')).status).toBe(200)
    const body = new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"method":"tools/list"}')
    const outsider = await world.acme.enrol()
    const visit = async (slug: string) => {
      const response = await outsider.session.fetch(`${gateway}/${slug}/tools/mcp`, {
        method: 'POST',
        headers: MCP_HEADERS,
        body,
      })
      return comparable(response, slug)
    }
    await eventually('the same answer as for nobody', async () =>
      JSON.stringify(await visit('beta')) === JSON.stringify(await visit('nope')) ? true : undefined,
    )
    expect(
      (
        await fetch(`${world.platform.controlPlaneUrl}/api/v1/tenant`, {
          headers: { authorization: `Bearer ${world.beta.admin.key}` },
        })
      ).status,
    ).toBe(401)
    expect((await outsider.call('lookup_order', { order: 'A-1' })).status).toBe(200)
  }, 60_000)
})

const withoutToken = async (url: string, slug: string): Promise<object> =>
  comparable(await fetch(url, { method: 'POST', headers: MCP_HEADERS, body: '{}' }), slug)

const discovered = async (gateway: string, slug: string): Promise<object> =>
  comparable(await fetch(`${gateway}/.well-known/oauth-protected-resource/${slug}/tools/mcp`), slug)

/** A well-formed id of the same kind that nobody has. */
const idOfNothing = (like: string): string =>
  formatId('ten', Date.now(), randomBytes(10)).replace('ten_', `${like.slice(0, 3)}_`)

const OpenApi = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })

const routesWithId = ({ paths }: z.infer<typeof OpenApi>): { method: string; path: string }[] =>
  Object.entries(paths)
    .filter(([path]) => path.startsWith('/api/v1/') && path.includes('{id}'))
    .flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path })),
    )

const concrete = (path: string, id: string): string =>
  path.replace('{id}', id).replace('{kind}', 'tool').replace('{name}', 'lookup_order')

const ASK = {
  writ: 1,
  rules: [
    {
      id: 'ask',
      effect: 'ask',
      on: ['outbound'],
      when: { path: 'action.tool', op: 'eq', value: 'add_note' },
      reason: 'Somebody has to look.',
    },
  ],
}

/** An override and a pending approval of a tenant. */
async function governedThings({ admin, defaultGroup }: TenantWorld, victim: EnrolledAgent) {
  const policy = await admin.send(
    'POST',
    'policies',
    { name: 'ask', document: ASK, groups: [defaultGroup] },
    PolicyView,
  )
  const approval = await eventually('a pending approval', async () => {
    await victim.call('add_note', { note: 'x' })
    return (await admin.get('approvals?state=pending', pageOf(ApprovalView))).items[0]
  })
  const until = new Date(Date.now() + 60_000).toISOString()
  const given = {
    policy: policy.id,
    rule: 'ask',
    principal: victim.id,
    resource: 'none',
    until,
    reason: 'A test.',
  }
  return { approval, override: await admin.send('POST', 'overrides', given, OverrideView) }
}

/** A body that each route accepts, so that the id is what decides. */
function bodyFor(method: string, path: string): string {
  if (method === 'PUT' && path.endsWith('/policies/{id}'))
    return JSON.stringify({ document: ASK, groups: [] })
  if (path.endsWith('/approve') && path.includes('/tools/')) return JSON.stringify({ pin: 'a'.repeat(64) })
  if (path.includes('/identities')) return JSON.stringify({ sso: `sso_${'0'.repeat(26)}`, subject: 'x' })
  return JSON.stringify(BODIES_BY_END[path.split('/').at(-1) ?? ''] ?? {})
}

const BODIES_BY_END: Readonly<Record<string, object>> = {
  groups: { groups: [] },
  roles: { roles: ['auditor'] },
  policies: { policies: [] },
  connections: { connections: [] },
  erasure: { human: `hum_${'0'.repeat(26)}` },
}
