import { randomBytes } from 'node:crypto'
import type { Bundle, BundleConnection, DecisionId } from '@writ/contracts'
import { formatId } from '@writ/contracts'
import { currentBundleOf, mediate } from '@writ/enforcement'
import type { AnyEntry, Steps } from '@writ/enforcement'
import { generateKeyPem, issueAccessToken, publicJwkOf, signProof, thumbprintOf } from '@writ/identity'
import type { AccessTokenClaims } from '@writ/contracts'
import { bundleOf, connectionOf } from '@writ/point/fixtures'
import { memoryLedger, stepsOf } from './steps.fixture.ts'
import { createBrakes } from '../server/brakes.ts'
import { startServer } from '../server/server.ts'
import { COMPOSED } from '../server/route.ts'
import { createResolve } from '@writ/runtime'
import { createSessionSeal } from '../upstream/session-seal.ts'
import { createUpstreamClient } from '../upstream/upstream-client.ts'
import { openComposition } from './open-composition.ts'

const ORIGIN = 'https://gateway.writ.test'
const SECRET = 'a join secret of some length, shared'
const id = <P extends Parameters<typeof formatId>[0]>(prefix: P) =>
  formatId(prefix, Date.now(), randomBytes(10))
const KEYS = { authority: generateKeyPem(), session: generateKeyPem() }
const IDS = {
  tenant: id('ten'),
  human: id('hum'),
  group: id('grp'),
  other: id('grp'),
  policy: id('pol'),
  session: id('ses'),
}

export type Given = {
  /** URLs of upstreams, by the name of their connection */
  readonly upstreams: Readonly<Record<string, string>>
  /** connections that are given to another group */
  readonly others?: readonly string[]
  readonly rules?: Bundle['policies'][number]['document']['rules']
  readonly settings?: Partial<{ toolsListed: number; connections: number; patienceMs: number }>
  readonly claims?: Partial<AccessTokenClaims>
  readonly requestsPerSecond?: number
  readonly slowReaderMs?: number
}

export type GivenGateway = {
  readonly url: string
  /** signs each request, as an agent's own client does */
  readonly fetch: typeof fetch
  /** the same as another agent of the tenant */
  readonly fetchAsOther: typeof fetch
  /** one request as it stands, without a session */
  readonly rpc: (method: string, params?: object, headers?: Record<string, string>) => Promise<Rpc>
  readonly closed: readonly AnyEntry[]
  readonly bugs: readonly unknown[]
  readonly close: () => Promise<void>
}

export type Rpc = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** the members of a result, and of an error */
  readonly result: Result
  readonly error: {
    readonly code: number
    readonly message: string
    readonly data: { readonly rule?: string; readonly decisionId?: string }
  }
}

type Result = {
  readonly tools: readonly { readonly name: string }[]
  readonly ttlMs?: number
  readonly nextCursor?: string
  readonly _meta?: object
}

/** A gateway on loopback with everything real but the bundle's way, the records' way and the credentials. */
export async function givenGateway(given: Given): Promise<GivenGateway> {
  const closed: AnyEntry[] = []
  const bugs: unknown[] = []
  const clock = { nowMs: () => Date.now(), monotonicMicros: () => performance.now() * 1000 }
  const agents = [id('agt'), id('agt')] as const
  const current = currentBundleOf(bundle(given, agents), 'f'.repeat(64), () => true)
  const upstream = upstreamClient()
  const brakes = createBrakes({ failuresPerAddress: 1000, failuresPerAgent: 1000 }, () => performance.now())
  const steps = stepsOf({ current, upstream, brakes, origin: ORIGIN, report: (bug) => bugs.push(bug) })
  const ledger = memoryLedger(closed)
  const through = (received: Parameters<typeof mediate>[0], verify?: Steps['verify']) =>
    mediate(received, verify ? { ...steps, verify } : steps, ledger, clock)
  const newDecisionId = (): DecisionId => id('dec')
  const compose = openComposition(
    {
      composition: { toolsListed: 100, connections: 32, patienceMs: 2000, ...given.settings },
      joinSecret: SECRET,
      build: 'test',
      requestLimits: { maxBytes: 1_000_000, maxDepth: 64 },
    },
    { mediate: through, newDecisionId, steps, ledger, clock, brakes },
  )
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    publicOrigin: ORIGIN,
    authorityOrigin: 'https://authority.writ.test',
    limits: { ...SERVER_LIMITS, slowReaderMs: given.slowReaderMs ?? SERVER_LIMITS.slowReaderMs },
    mediate: (received) => (received.connectionName === COMPOSED ? compose(received) : through(received)),
    newDecisionId,
    nowMs: Date.now,
    receiptOf: () => null,
    refusedAtRim: () => undefined,
    report: (bug) => bugs.push(bug),
  })
  const local = `http://127.0.0.1:${server.port}`
  const signing = signingFetch(local, agents[0], given.claims)
  return {
    url: `${local}/acme/mcp`,
    fetch: signing,
    fetchAsOther: signingFetch(local, agents[1], given.claims),
    rpc: (method, params = {}, headers = {}) =>
      rpc(signing, `${local}/acme/mcp`, { method, params, headers }),
    closed,
    bugs,
    close: async () => {
      await server.close(0)
      await upstream.close()
    },
  }
}

const upstreamClient = () =>
  createUpstreamClient(LIMITS, {
    seal: createSessionSeal(SECRET),
    build: 'test',
    resolve: createResolve(),
    monotonicMs: () => performance.now(),
    hear: () => undefined,
    ended: () => undefined,
  })

function bundle(
  { upstreams, others = [], rules, requestsPerSecond = 1000 }: Given,
  agents: readonly ReturnType<typeof id<'agt'>>[],
): Bundle {
  const base = bundleOf('acme', 1)
  const connections = Object.entries(upstreams).map(([name, url]): BundleConnection =>
    connectionOf({ id: id('con'), name, url, groups: [others.includes(name) ? IDS.other : IDS.group] }),
  )
  return {
    ...base,
    tenant: { ...base.tenant, id: IDS.tenant, requestsPerSecond },
    issuer: 'https://id.writ.test/t/acme/oauth',
    issuerKeys: [{ kid: 'one', key: publicJwkOf(KEYS.authority.privateKey) }],
    defaultGroup: IDS.group,
    groups: [IDS.group, IDS.other].map((group, at) => ({
      id: group,
      name: `group ${at}`,
      default: 'allow',
      oversize: 'deny',
      approvers: 'admins',
      suspended: false,
    })),
    agents: agents.map((agent) => ({ id: agent, name: 'assistant', groups: [IDS.group], epoch: 0 })),
    humans: [{ id: IDS.human, name: 'Ada', groups: [IDS.group], epoch: 0 }],
    connections,
    policies: rules
      ? [
          {
            id: IDS.policy,
            name: 'house rules',
            version: 1,
            groups: [IDS.group],
            document: { writ: 1, mode: 'enforce', rules },
          },
        ]
      : [],
  }
}

function signingFetch(
  local: string,
  agent: ReturnType<typeof id<'agt'>>,
  claims: Partial<AccessTokenClaims> = {},
): typeof fetch {
  return async (target, init = {}) => {
    const url = new URL(target instanceof Request ? target.url : target)
    const seconds = Math.floor(Date.now() / 1000)
    const accessToken = issueAccessToken(
      {
        iss: 'https://id.writ.test/t/acme/oauth',
        aud: [`${ORIGIN}/acme/mcp`],
        sub: IDS.human,
        client_id: agent,
        act: { sub: agent },
        tid: IDS.tenant,
        sid: IDS.session,
        jti: randomBytes(16).toString('base64url'),
        iat: seconds,
        exp: seconds + 300,
        scope: 'mcp',
        epo: { t: 0, a: 0, h: 0 },
        cnf: { jkt: thumbprintOf(KEYS.session.publicJwk) },
        ...claims,
      },
      { kid: 'one', privateKey: KEYS.authority.privateKey },
    )
    const headers = new Headers(init.headers)
    headers.set('authorization', `DPoP ${accessToken}`)
    headers.set(
      'dpop',
      signProof({
        key: KEYS.session.privateKey,
        verb: init.method ?? 'GET',
        url: ORIGIN + url.pathname,
        nowMs: Date.now(),
        jti: randomBytes(16).toString('base64url'),
        accessToken,
      }),
    )
    return fetch(`${local}${url.pathname}`, { ...init, headers })
  }
}

type Sent = { readonly method: string; readonly params: object; readonly headers: Record<string, string> }

async function rpc(send: typeof fetch, url: string, { method, params, headers }: Sent): Promise<Rpc> {
  const response = await send(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const words = await response.text()
  const datas = [...words.matchAll(/^data: ?(.*)$/gm)].map(([, data]) => data ?? '')
  return {
    status: response.status,
    headers: response.headers,
    text: words,
    ...parsed(datas.at(-1) ?? words),
  }
}

function parsed(words: string): Pick<Rpc, 'result' | 'error'> {
  try {
    const message: Pick<Rpc, 'result' | 'error'> = JSON.parse(words)
    return { result: message.result, error: message.error }
  } catch {
    return { result: { tools: [] }, error: { code: 0, message: words, data: {} } }
  }
}

const LIMITS = {
  responseBytes: 8_000_000,
  eventBytes: 1_000_000,
  bodyTimeoutMs: 5000,
  headersTimeoutMs: 10_000,
  connectTimeoutMs: 1000,
  pools: 50,
  poolsPerTenant: 50,
  socketsPerUpstream: 100,
  callsPerTenant: 500,
  poolIdleMs: 60_000,
  breaker: { failures: 1000, openMs: 1000, mostOpenMs: 1000 },
  loopback: true,
}
const SERVER_LIMITS = {
  bodyBytes: 1_000_000,
  bodyIdleMs: 5000,
  callsUnderWay: 1000,
  bodies: 1000,
  bodiesPerAddress: 1000,
  sockets: 1000,
  socketsPerAddress: 1000,
  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  slowReaderMs: 5000,
}
