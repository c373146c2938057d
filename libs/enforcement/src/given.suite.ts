import { randomBytes } from 'node:crypto'
import type {
  AccessTokenClaims,
  ApprovalAnswer,
  ApprovalClaim,
  Bundle,
  PolicyDocument,
  SessionState,
} from '@writ/contracts'
import { HOOKS_BY_DEFAULT, formatId, Refusal } from '@writ/contracts'
import {
  createMemoryReplayGuard,
  generateKeyPem,
  issueAccessToken,
  publicJwkOf,
  signProof,
  thumbprintOf,
} from '@writ/identity'
import { createSteps } from './create-steps.ts'
import { currentBundleOf } from './current-bundle.ts'
import { mediate } from './mediate.ts'
import type { Brakes, Ledger, Scrubber, UpstreamClient } from './ports.ts'
import type { SessionStore } from './session-store.ts'
import type { Allowed, Answer, AnyEntry, Lease, Received, UpstreamAnswer } from './stages.ts'

export const NOW = Date.UTC(2026, 10, 21, 12)
const ORIGIN = 'https://gateway.writ.test'
export const id = <P extends Parameters<typeof formatId>[0]>(prefix: P) =>
  formatId(prefix, NOW, randomBytes(10))

const KEYS = { authority: generateKeyPem(), session: generateKeyPem() }
export const IDS = {
  tenant: id('ten'),
  agent: id('agt'),
  human: id('hum'),
  group: id('grp'),
  connection: id('con'),
  session: id('ses'),
  policy: id('pol'),
  approval: id('apr'),
} as const
export const SECRET = 'cs_live_4242424242'

export type Given = {
  readonly rules?: PolicyDocument['rules']
  readonly answer?: UpstreamAnswer | Refusal
  readonly bundle?: Partial<Bundle>
  readonly isFresh?: boolean
  /** whether the bundle is young enough for what changes something */
  readonly isInStep?: boolean
  readonly isReplayShared?: boolean
  /** how much time has gone by since the request came */
  readonly laterMs?: () => number
  readonly brakes?: Brakes
  /** whether a stream on which nothing comes is looked at from time to time */
  readonly hasLulls?: boolean
  /** claims that replace those of the token, and what the tenant's bundle is asked to say of them */
  readonly claims?: Partial<AccessTokenClaims>
  /** whether the proof says what body it goes with */
  readonly hasDigest?: boolean
  readonly opens?: Refusal
  readonly closes?: Refusal
  readonly lease?: Refusal
  /** raw fields that replace the signed ones */
  readonly headers?: Record<string, readonly string[]>
  /** how the desk answers each claim, in turn; null is nobody there */
  readonly approvals?: readonly (ApprovalAnswer['state'] | null)[]
  /** in the place of one that masks the lent secret in one slice */
  readonly scrubber?: Scrubber
  /** how large an answer may be */
  readonly bytes?: number
  /** what happens before a claim is answered */
  readonly whileAsked?: () => Promise<void>
  /** what sessions have done so far; a store that is away rejects */
  readonly sessions?: SessionStore
  /** pins that the upstream listed, by kind and name */
  readonly listed?: Readonly<Record<string, string>>
  /** the pin of their content; that of the whole where it is left out */
  readonly listedContent?: string
  /** tells that the agent left, or was cut off */
  readonly hangUp?: AbortSignal
  readonly verb?: Received['verb']
  readonly message?: object | string
  readonly tenantSlug?: string
  readonly connectionName?: string
}

export type Happened = {
  readonly answer: Answer
  /** what was done, in order */
  readonly log: readonly string[]
  readonly forwarded: readonly string[]
  /** the credential that each went with; null is none */
  readonly lent: readonly (string | null)[]
  readonly claims: readonly ApprovalClaim[]
  /** whether each claim was given the agent's own hang-up */
  readonly hangUps: readonly boolean[]
  readonly entry: AnyEntry | undefined
  readonly bugs: readonly unknown[]
  /** how often everything else had its turn */
  readonly turns: number
  /** swaps the tenant's bundle, as an edit does */
  readonly edit: (bundle: Partial<Bundle>, isFresh?: boolean) => void
}

export const call = (args: object, tool = 'lookup_order'): object => ({
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name: tool, arguments: args },
})

export const whole = (message: object, status = 200): UpstreamAnswer => ({
  kind: 'whole',
  status,
  headers: [['content-type', 'application/json']],
  body: new TextEncoder().encode(JSON.stringify(message)),
})

export const result = (text: string): object => ({
  jsonrpc: '2.0',
  id: 7,
  result: { content: [{ type: 'text', text }] },
})

export function stream(...datas: (object | string)[]): UpstreamAnswer {
  async function* events() {
    for (const data of datas) {
      const text = typeof data === 'string' ? data : JSON.stringify(data)
      yield { bytes: new TextEncoder().encode(`data: ${text}\n\n`), data: text }
    }
  }
  return {
    kind: 'stream',
    status: 200,
    headers: [['content-type', 'text/event-stream']],
    events: events(),
    stop: () => {},
  }
}

/** One message through the real steps, with small real ports that remember what was asked of them. */
export async function mediated(given: Given): Promise<Happened> {
  const log: string[] = []
  const now = { current: currentOf(given) }
  const forwarded: string[] = []
  const lent: (string | null)[] = []
  const bugs: unknown[] = []
  const claims: ApprovalClaim[] = []
  const hangUps: boolean[] = []
  const request = received(given)
  let seen: AnyEntry | undefined
  let turns = 0
  const ledger: Ledger = {
    open: async (entry) => {
      log.push('open')
      entry.opened = true
      return given.opens ?? null
    },
    close: async (entry) => {
      if (entry.closed) return null
      entry.closed = true
      seen = entry
      log.push(`close ${entry.refusal?.code ?? 'answered'}`)
      return given.closes ?? null
    },
  }
  const upstream: UpstreamClient = {
    forward: async (allowed: Allowed, lease: Lease) => {
      log.push('forward')
      lent.push(lease.kind === 'header' ? lease.secret.value : null)
      forwarded.push(new TextDecoder().decode(allowed.outgoing))
      return given.answer ?? whole(result('two lamps'))
    },
  }
  const steps = createSteps({
    bundles: { current: async (slug) => (slug === 'acme' ? now.current : new Refusal('tenant_unknown')) },
    replay: createMemoryReplayGuard(() => NOW),
    noncesFor: (route, required) => ({
      check: () => 'invalid',
      required,
      current: () => `nonce of ${route}`,
    }),
    brakes: given.brakes ?? FREE,
    isReplayShared: () => given.isReplayShared ?? true,
    pause: () => (given.hasLulls ? A_LULL() : NEVER),
    origin: ORIGIN,
    broker: {
      lease: async () => {
        log.push('inject')
        return given.lease ?? LEASE
      },
    },
    upstream,
    scrubberOf: () => given.scrubber ?? SCRUBBER,
    nowMs: () => NOW + (given.laterMs?.() ?? 0),
    sessions: given.sessions ?? memorySessions(),
    contentKeys: { keyOf: async () => CONTENT_KEY },
    approvals: {
      claim: async (claim, hangUp) => {
        hangUps.push(hangUp === request.hangUp)
        log.push(`claim ${claim.match.rule}`)
        claims.push(claim)
        await given.whileAsked?.()
        const state = (given.approvals ?? [])[claims.length - 1] ?? null
        if (state === null) return null
        return state === 'pending'
          ? { state, id: IDS.approval, expiresAt: new Date(NOW).toISOString() }
          : { state, id: IDS.approval }
      },
    },
    sessionEnder: { end: (session) => log.push(`end ${session === IDS.session ? 'the session' : session}`) },
    seen: {
      seenOf: (_, kind, name) => {
        const pin = given.listed?.[`${kind}/${name}`]
        return pin === undefined ? undefined : { pin, contentPin: given.listedContent ?? pin }
      },
      saw: (_, { definitions, isContinued }) => {
        const names = definitions.map(({ name }) => name).join(' ')
        log.push(`saw ${isContinued ? 'on another page ' : ''}${names}`)
      },
    },
    turn: async () => {
      turns += 1
    },
    requestLimits: { maxBytes: 65_536, maxDepth: 64 },
    answerLimits: { maxBytes: given.bytes ?? 65_536, maxDepth: 64 },
    report: (bug) => bugs.push(bug),
  })
  const clock = { nowMs: () => NOW, monotonicMicros: () => 0 }
  const answer = await mediate(request, steps, ledger, clock)
  return {
    edit: (bundle, isFresh = true) => {
      now.current = currentOf({ ...given, bundle, isFresh })
    },
    answer,
    log,
    forwarded,
    lent,
    claims,
    hangUps,
    bugs,
    get turns() {
      return turns
    },
    get entry() {
      return seen
    },
  }
}

/** No limit at all. */
const FREE: Brakes = { failed: () => null, hasRoom: () => null, unkept: () => null, called: () => {} }

const A_LULL = () => new Promise<void>((done) => setTimeout(done, 1))
const NEVER = new Promise<void>(() => {})

export const CONTENT_KEY = new Uint8Array(32).fill(5)

/** Sessions of one process: compare and set on the version, like every store. */
export function memorySessions(): SessionStore {
  const states = new Map<string, SessionState>()
  return {
    read: async ({ session }) => states.get(session) ?? null,
    replace: async ({ session }, from, next) => {
      if ((states.get(session)?.version ?? null) !== from) return false
      states.set(session, next)
      return true
    },
  }
}

const LEASE: Lease = {
  kind: 'header',
  secret: {
    tenant: IDS.tenant,
    connection: IDS.connection,
    version: 1,
    origin: 'https://upstream.test',
    header: 'x-api-key',
    value: SECRET,
    renewAtMs: NOW,
    expiresAtMs: NOW,
  },
}

const masked = (text: string): string => text.replaceAll(SECRET, '[credential]')
export const SCRUBBER: Scrubber = {
  within: () => atOnce(SCRUBBER),
  text: (text) => atOnce(masked(text)),
  bytes: (bytes) => atOnce(new TextEncoder().encode(masked(new TextDecoder().decode(bytes)))),
  tree: (content) => {
    const text = JSON.stringify(content)
    return atOnce(text.includes(SECRET) ? JSON.parse(masked(text)) : content)
  },
}

// oxlint-disable-next-line require-yield -- one slice
function* atOnce<Done>(done: Done): Generator<void, Done> {
  return done
}

/** The bundle of a tenant with one agent, one human and one connection. */
export function currentOf({ rules, bundle, isFresh = true, isInStep = isFresh }: Given) {
  const state: Bundle = {
    format: 'writ.bundle.v1',
    tenant: {
      id: IDS.tenant,
      slug: 'acme',
      epoch: 0,
      suspended: false,
      bodyDigestRequired: false,
      nonceRequired: false,
      requestsPerSecond: 1000,
      recordsFull: false,
    },
    version: 3,
    issuedAt: new Date(NOW).toISOString(),
    issuer: 'https://id.writ.test/t/acme/oauth',
    issuerKeys: [{ kid: `${IDS.tenant}:1`, key: publicJwkOf(KEYS.authority.privateKey) }],
    defaultGroup: IDS.group,
    groups: [
      {
        id: IDS.group,
        name: 'default',
        default: 'allow',
        oversize: 'deny',
        approvers: 'admins',
        suspended: false,
      },
    ],
    agents: [{ id: IDS.agent, name: 'assistant', groups: [IDS.group], epoch: 0 }],
    humans: [{ id: IDS.human, name: 'Ada', groups: [IDS.group], epoch: 0 }],
    revokedSessions: [],
    revokedTokens: [],
    connections: [
      {
        id: IDS.connection,
        name: 'tools',
        url: 'https://upstream.test/mcp',
        credential: { kind: 'api-key', header: 'x-api-key', version: 1 },
        groups: [IDS.group],
        toolClasses: {},
        trust: 'external',
        annotationsTrusted: false,
        suspended: false,
        tools: [],
      },
    ],
    policies: rules
      ? [
          {
            id: IDS.policy,
            name: 'house-rules',
            version: 2,
            groups: [IDS.group],
            document: { writ: 1, mode: 'enforce', rules },
          },
        ]
      : [],
    overrides: [],
    hooks: HOOKS_BY_DEFAULT,
    ...bundle,
  }
  return currentBundleOf(
    state,
    'f'.repeat(64),
    () => isFresh,
    () => isInStep,
  )
}

function received(given: Given): Received {
  const {
    verb = 'POST',
    tenantSlug = 'acme',
    connectionName = 'tools',
    message = call({ order: 'A-1' }),
  } = given
  const body = new TextEncoder().encode(
    verb === 'POST' ? (typeof message === 'string' ? message : JSON.stringify(message)) : '',
  )
  const resource = `${ORIGIN}/${tenantSlug}/${connectionName}/mcp`
  const signed = { ...signedHeaders({ ...given, verb, url: resource, body }), ...given.headers }
  return {
    decisionId: id('dec'),
    verb,
    tenantSlug,
    connectionName,
    resource,
    headers: new Map(Object.entries(signed)),
    body,
    atMs: NOW,
    source: '192.0.2.1',
    hangUp: given.hangUp ?? new AbortController().signal,
  }
}

type Signing = Pick<Given, 'claims' | 'hasDigest'> & {
  readonly verb: string
  readonly url: string
  readonly body: Uint8Array
}

function signedHeaders({
  verb,
  url,
  body,
  claims,
  hasDigest = true,
}: Signing): Record<string, readonly string[]> {
  const accessToken = issueAccessToken(claimsOf(claims), {
    kid: `${IDS.tenant}:1`,
    privateKey: KEYS.authority.privateKey,
  })
  const jti = randomBytes(16).toString('base64url')
  const proof = signProof({
    key: KEYS.session.privateKey,
    verb,
    url,
    nowMs: NOW,
    jti,
    accessToken,
    ...(hasDigest ? { body } : {}),
  })
  return { authorization: [`DPoP ${accessToken}`], dpop: [proof] }
}

/** What the agent's access token says. */
export function claimsOf(claims: Partial<AccessTokenClaims> = {}): AccessTokenClaims {
  const seconds = NOW / 1000
  return {
    iss: 'https://id.writ.test/t/acme/oauth',
    aud: [`${ORIGIN}/acme`],
    sub: IDS.human,
    client_id: IDS.agent,
    act: { sub: IDS.agent },
    tid: IDS.tenant,
    sid: IDS.session,
    jti: randomBytes(16).toString('base64url'),
    iat: seconds,
    exp: seconds + 300,
    scope: 'mcp',
    epo: { t: 0, a: 0, h: 0 },
    cnf: { jkt: thumbprintOf(KEYS.session.publicJwk) },
    ...claims,
  }
}
