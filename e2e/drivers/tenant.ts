import type { KeyObject } from 'node:crypto'
import { randomBytes } from 'node:crypto'
import { createAgentSession, enrolAgent, generateKeyPem } from '@writ/identity'
import type { AgentSession } from '@writ/identity'
import { AgentView, ConnectionView, CreatedTenant, EnrolmentToken, HumanView } from '@writ/contracts'
import { z } from 'zod'
import type { Platform } from '../../tools/local/platform.d.mts'
import type { Admin } from '../../apps/demo/src/control-plane.ts'
import { adminOf } from '../../apps/demo/src/control-plane.ts'

export type Tenant = {
  readonly slug: string
  readonly id: string
  readonly defaultGroup: string
  readonly admin: Admin
  readonly human: HumanView
  readonly connection: ConnectionView
  /** enrols a new agent over HTTP, as `writ enrol` does, and opens a session for it */
  readonly enrol: (name?: string) => Promise<EnrolledAgent>
  /** enrols an agent once more, with a new key: its epoch grows and its sessions end */
  readonly enrolAgain: (agentId: string) => Promise<EnrolledAgent>
}

export type RpcAnswer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly error: z.infer<typeof RpcMessage>['error']
  readonly result: z.infer<typeof RpcMessage>['result']
}

export type EnrolledAgent = {
  readonly id: string
  readonly identityPem: string
  readonly session: AgentSession
  readonly sessionKey: KeyObject
  readonly url: string
  /** one more session of the same agent, under a key of its own */
  readonly anotherSession: () => AgentSession
  /** one `tools/call` through the first gateway, or through the URL given */
  readonly call: (tool: string, args: object, url?: string) => Promise<RpcAnswer>
}

export async function createTenant(
  platform: Platform,
  slug: string,
  upstream: { url: string; secret: string },
): Promise<Tenant> {
  const response = await fetch(`${platform.controlPlaneUrl}/api/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.secrets.operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ slug, name: slug }),
  })
  if (response.status !== 201)
    throw new Error(`tenant ${slug} was answered ${response.status}: ${await response.text()}`)
  const { tenant, ownerKey } = CreatedTenant.parse(await response.json())
  const admin = adminOf(platform.controlPlaneUrl, ownerKey.key)
  const human = await admin.send('POST', 'humans', { name: 'Ada', email: `ada@${slug}.example` }, HumanView)
  const credential = { kind: 'api-key', header: 'x-api-key', secret: upstream.secret }
  const connection = await admin.send(
    'POST',
    'connections',
    { name: 'tools', url: upstream.url, credential, groups: [tenant.defaultGroup] },
    ConnectionView,
  )
  return {
    slug,
    id: tenant.id,
    defaultGroup: tenant.defaultGroup,
    admin,
    human,
    connection,
    enrol: async (name = `agent-${randomBytes(3).toString('hex')}`) => {
      const { id } = await admin.send('POST', 'agents', { name, human: human.id }, AgentView)
      return enrol(platform, { slug, admin }, id)
    },
    enrolAgain: (agentId) => enrol(platform, { slug, admin }, agentId),
  }
}

async function enrol(
  platform: Platform,
  tenant: Pick<Tenant, 'slug' | 'admin'>,
  agentId: string,
): Promise<EnrolledAgent> {
  const { token } = await tenant.admin.send('POST', `agents/${agentId}/enrolment-tokens`, {}, EnrolmentToken)
  const identity = generateKeyPem()
  const ports = { fetch, nowMs: Date.now, randomBytes }
  const { issuer, tokenEndpoint } = await enrolAgent({
    endpoint: `${platform.controlPlaneUrl}/t/${tenant.slug}/enrol`,
    token,
    identityKey: identity.privateKey,
    ports,
  })
  const sessionUnder = (sessionKey: KeyObject): AgentSession =>
    createAgentSession({
      issuer,
      tokenEndpoint,
      agentId,
      identityKey: identity.privateKey,
      sessionKey,
      ports,
    })
  const sessionKey = generateKeyPem().privateKey
  const session = sessionUnder(sessionKey)
  const url = `${platform.gatewayUrls[0]}/${tenant.slug}/tools/mcp`
  return {
    id: agentId,
    identityPem: identity.privatePem,
    session,
    sessionKey,
    url,
    anotherSession: () => sessionUnder(generateKeyPem().privateKey),
    call: (tool, args, at = url) => callTool(session, at, tool, args),
  }
}

let lastId = 0

export async function callTool(
  session: AgentSession,
  url: string,
  tool: string,
  args: object,
): Promise<RpcAnswer> {
  lastId += 1
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: lastId,
    method: 'tools/call',
    params: { name: tool, arguments: args },
  })
  const response = await session.fetch(url, {
    method: 'POST',
    headers: MCP_HEADERS,
    body: new TextEncoder().encode(body),
  })
  return readAnswer(response)
}

export const MCP_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-11-25',
}

/** The JSON-RPC answer, whether it came as JSON or as the last event of a stream. */
export async function readAnswer(response: Response): Promise<RpcAnswer> {
  const text = await response.text()
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  const datas = isStream ? [...text.matchAll(/^data: ?(.*)$/gm)].map(([, data]) => data ?? '') : [text]
  const message = parsed(datas.at(-1) ?? '')
  return {
    status: response.status,
    headers: response.headers,
    text,
    error: message?.error,
    result: message?.result,
  }
}

const RpcMessage = z.object({
  error: z
    .object({ code: z.number(), message: z.string(), data: z.record(z.string(), z.string()).optional() })
    .optional(),
  result: z
    .object({ content: z.array(z.object({ type: z.string(), text: z.string() })).optional() })
    .optional(),
})

function parsed(text: string): z.infer<typeof RpcMessage> | null {
  try {
    return RpcMessage.parse(JSON.parse(text))
  } catch {
    return null
  }
}
