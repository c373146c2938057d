import { describe, expect, it } from '@jest/globals'
import type { AccessTokenClaims, Bundle, Rule, SessionState } from '@writ/contracts'
import { newSession } from '@writ/policy'
import { call, IDS, mediated, memorySessions, result, stream } from './given.suite.ts'
import type { Given } from './given.suite.ts'
import type { Brakes } from './ports.ts'
import type { Answer, StreamEvent, UpstreamAnswer } from './stages.ts'

const PARENT = { agent: `agt_${'1'.repeat(26)}`, session: `ses_${'1'.repeat(26)}` } as const
const GRAND = { agent: `agt_${'2'.repeat(26)}`, session: `ses_${'2'.repeat(26)}` } as const
const OTHER_GROUP = `grp_${'9'.repeat(26)}` as const

const tenant = (change: Partial<Bundle['tenant']>): Partial<Bundle> => ({
  tenant: {
    id: IDS.tenant,
    slug: 'acme',
    epoch: 0,
    suspended: false,
    bodyDigestRequired: false,
    nonceRequired: false,
    requestsPerSecond: 1000,
    recordsFull: false,
    ...change,
  },
})

const group = (id: Bundle['defaultGroup'], suspended: boolean): Bundle['groups'][number] => ({
  id,
  name: id,
  default: 'allow',
  oversize: 'deny',
  approvers: 'admins',
  suspended,
})

const agent = (id: Bundle['agents'][number]['id'], change: Partial<Bundle['agents'][number]> = {}) => ({
  id,
  name: id === IDS.agent ? 'assistant' : `agent ${id.slice(-1)}`,
  groups: [IDS.group],
  epoch: 0,
  ...change,
})

const human = (change: Partial<Bundle['humans'][number]> = {}): Partial<Bundle> => ({
  humans: [{ id: IDS.human, name: 'Ada', groups: [IDS.group], epoch: 0, ...change }],
})

/** A sub-agent, to whom another one delegated, to whom a third one did. */
const delegated: Partial<AccessTokenClaims> = {
  act: { sub: IDS.agent, act: { sub: PARENT.agent, act: { sub: GRAND.agent } } },
  psid: PARENT.session,
  psids: [GRAND.session],
}
const family = [agent(IDS.agent), agent(PARENT.agent, { groups: [OTHER_GROUP] }), agent(GRAND.agent)]

const codeOf = (answer: Answer): string => (answer.kind === 'refusal' ? answer.refusal.code : answer.kind)

describe('a token that holds no longer counts', () => {
  const fallen: readonly (readonly [string, Given])[] = [
    ['when its tenant is suspended', { bundle: tenant({ suspended: true }) }],
    ['when its tenant is of a later epoch', { bundle: tenant({ epoch: 1 }) }],
    ['when its tenant is of an earlier epoch', { claims: { epo: { t: 1, a: 0, h: 0 } } }],
    ['when its agent is of a later epoch', { bundle: { agents: [agent(IDS.agent, { epoch: 1 })] } }],
    ['when its human left', { bundle: { humans: [] } }],
    ['when its human is of a later epoch', { bundle: human({ epoch: 1 }) }],
    [
      'when it was revoked by itself',
      { claims: { jti: 'revoked-token' }, bundle: { revokedTokens: ['revoked-token'] } },
    ],
    ['when its session was ended', { bundle: { revokedSessions: [IDS.session] } }],
    ['when the only group of its agent is suspended', { bundle: { groups: [group(IDS.group, true)] } }],
    [
      'when one of several groups of its agent is suspended',
      {
        bundle: {
          agents: [agent(IDS.agent, { groups: [IDS.group, OTHER_GROUP] })],
          groups: [group(IDS.group, false), group(OTHER_GROUP, true)],
        },
      },
    ],
    [
      'when a group of its human is suspended',
      {
        bundle: {
          ...human({ groups: [OTHER_GROUP] }),
          groups: [group(IDS.group, false), group(OTHER_GROUP, true)],
        },
      },
    ],
    [
      'when the agent that delegated is gone',
      { claims: delegated, bundle: { agents: [agent(IDS.agent), agent(GRAND.agent)] } },
    ],
    [
      'when the first of the delegating agents is gone',
      { claims: delegated, bundle: { agents: family.slice(0, 2) } },
    ],
    [
      'when a group of the agent that delegated is suspended',
      {
        claims: delegated,
        bundle: { agents: family, groups: [group(IDS.group, false), group(OTHER_GROUP, true)] },
      },
    ],
    [
      'when the session above the one that it came from was ended',
      { claims: delegated, bundle: { agents: family, revokedSessions: [GRAND.session] } },
    ],
    [
      'when the session that it came from was ended',
      { claims: delegated, bundle: { agents: family, revokedSessions: [PARENT.session] } },
    ],
  ]

  it.each(fallen)('%s', async (_when, given) => {
    const { answer, log, entry } = await mediated(given)
    expect(codeOf(answer)).toBe('token_revoked')
    expect(log).toEqual(['close token_revoked'])
    expect(entry?.named?.session).toBe(IDS.session)
  })

  it.each(fallen.filter(([, { claims }]) => claims === undefined))(
    'and its open stream ends %s',
    async (_when, { bundle = {} }) => {
      const happened = await mediated({
        answer: stream({ jsonrpc: '2.0', method: 'notifications/progress', params: {} }, result('too late')),
      })
      if (happened.answer.kind !== 'stream') throw new Error('a stream was expected')
      const frames = happened.answer.frames[Symbol.asyncIterator]()
      await frames.next()
      happened.edit(bundle)
      const last = await frames.next()
      expect(new TextDecoder().decode(last.value)).toContain('-31006')
      expect(happened.log.at(-1)).toBe('close token_revoked')
    },
  )
})

const NOTHING: AsyncIterable<StreamEvent> = {
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
}

/** A stream that is open and says nothing. */
function quietStream() {
  let stopped = 0
  const stop = () => {
    stopped += 1
  }
  const answer: UpstreamAnswer = { kind: 'stream', status: 200, headers: [], events: NOTHING, stop }
  return { answer, stopped: () => stopped }
}

describe('a stream on which nothing comes', () => {
  it('ends with its token, and lets go of the upstream', async () => {
    const { answer, stopped } = quietStream()
    let laterMs = 299_999
    const happened = await mediated({ answer, hasLulls: true, laterMs: () => laterMs })
    if (happened.answer.kind !== 'stream') throw new Error('a stream was expected')
    const frames = happened.answer.frames[Symbol.asyncIterator]()
    const next = frames.next()
    const first = await Promise.race([next, new Promise((done) => setTimeout(done, 30, 'open'))])
    expect(first).toBe('open')
    laterMs = 300_000
    expect(new TextDecoder().decode((await next).value)).toContain('-31005')
    expect((await frames.next()).done).toBe(true)
    expect(stopped()).toBe(1)
    expect(happened.log.at(-1)).toBe('close token_invalid')
  })

  it('ends all the same when its session was ended, and lets go of the upstream', async () => {
    const { answer, stopped } = quietStream()
    const happened = await mediated({ answer, hasLulls: true })
    if (happened.answer.kind !== 'stream') throw new Error('a stream was expected')
    const frames = happened.answer.frames[Symbol.asyncIterator]()
    const next = frames.next()
    await new Promise((done) => setImmediate(done))
    happened.edit({ revokedSessions: [IDS.session] })
    expect(new TextDecoder().decode((await next).value)).toContain('-31006')
    expect((await frames.next()).done).toBe(true)
    expect(stopped()).toBe(1)
    expect(happened.log.at(-1)).toBe('close token_revoked')
  })
})

describe('a connection that is suspended', () => {
  it('answers like one that never was', async () => {
    const { entry } = await mediated({})
    const connections = entry!.current!.bundle.connections.map((one) => ({ ...one, suspended: true }))
    const suspended = await mediated({ bundle: { connections } })
    const unknown = await mediated({ connectionName: 'nothing' })
    const said = ({ answer }: typeof suspended) =>
      answer.kind === 'refusal' ? { ...answer, data: { ...answer.data, decisionId: '' } } : answer.kind
    expect(codeOf(suspended.answer)).toBe('connection_unknown')
    expect(said(suspended)).toEqual(said(unknown))
  })
})

const byWayOf = (names: readonly string[]): Rule => ({
  id: 'not-by-way-of',
  effect: 'deny',
  on: ['outbound'],
  when: { path: 'chain.names', op: 'hasAll', value: [...names] },
  reason: 'Not on behalf of that one.',
})

describe('a caller to whom others delegated', () => {
  const given: Given = { claims: delegated, bundle: { agents: family } }

  it('is named with them, newest first, under the names of the bundle', async () => {
    const { entry } = await mediated(given)
    expect(entry?.caller?.delegators).toEqual([
      { id: PARENT.agent, name: 'agent 1', groups: [OTHER_GROUP] },
      { id: GRAND.agent, name: 'agent 2', groups: [IDS.group] },
    ])
    expect(entry?.caller?.parentSession).toBe(PARENT.session)
  })

  it('is seen by policy as a chain: the human, who delegated, and this agent last', async () => {
    const denied = await mediated({ ...given, rules: [byWayOf(['Ada', 'agent 2', 'agent 1', 'assistant'])] })
    expect(codeOf(denied.answer)).toBe('policy_denied')
    expect(codeOf((await mediated({ ...given, rules: [byWayOf(['agent 3'])] })).answer)).toBe('whole')
  })
})

const keep = async (sessions: ReturnType<typeof memorySessions>, state: Partial<SessionState>) =>
  sessions.replace({ tenant: IDS.tenant, session: PARENT.session }, null, {
    ...newSession(0),
    version: 1,
    ...state,
  })

describe('a delegated session', () => {
  const once: Rule = {
    id: 'once',
    effect: 'deny',
    on: ['outbound'],
    when: { path: 'session.labels', op: 'has', value: 'untrusted' },
    reason: "Its words may be a stranger's.",
  }
  const given = (
    sessions: ReturnType<typeof memorySessions>,
    claims: Given['claims'] = delegated,
  ): Given => ({
    claims,
    sessions,
    bundle: { agents: family },
    rules: [once],
  })

  it('begins with what its parent has done', async () => {
    const sessions = memorySessions()
    await keep(sessions, { labels: ['untrusted'] })
    expect(codeOf((await mediated(given(sessions))).answer)).toBe('policy_denied')
    const own = await sessions.read({ tenant: IDS.tenant, session: IDS.session })
    expect(own?.labels).toEqual(['untrusted'])
  })

  it('begins with what was done above its parent, also where that did nothing itself', async () => {
    const sessions = memorySessions()
    const tainted = { ...newSession(0), version: 1, labels: ['untrusted'] }
    await sessions.replace({ tenant: IDS.tenant, session: GRAND.session }, null, tainted)
    expect(codeOf((await mediated(given(sessions))).answer)).toBe('policy_denied')
  })

  it('begins with nothing when its parent has done nothing', async () => {
    expect(codeOf((await mediated(given(memorySessions()))).answer)).toBe('whole')
  })

  it('takes from its parent once: what that does later is its own', async () => {
    const sessions = memorySessions()
    const marks: Rule = {
      id: 'marks',
      effect: 'flag',
      on: ['outbound'],
      labels: { add: ['seen'] },
      when: { path: 'action.method', op: 'eq', value: 'tools/call' },
      reason: 'It was here.',
    }
    await mediated({ ...given(sessions), rules: [once, marks] })
    await keep(sessions, { labels: ['untrusted'] })
    expect(codeOf((await mediated(given(sessions))).answer)).toBe('whole')
  })

  it('is aborted where its parent was, without its rules being asked', async () => {
    const sessions = memorySessions()
    await keep(sessions, { aborted: 'house-rules/no-more' })
    const { answer, log, entry } = await mediated(given(sessions))
    expect(codeOf(answer)).toBe('session_aborted')
    expect(log).toEqual(['close session_aborted'])
    expect(entry?.outbound).toBeUndefined()
  })

  it('is not decided on while its parent cannot be looked up', async () => {
    const sessions = memorySessions()
    const broken = {
      ...sessions,
      read: async (key: Parameters<typeof sessions.read>[0]) => {
        if (key.session === PARENT.session) throw new Error('away')
        return sessions.read(key)
      },
    }
    expect(codeOf((await mediated(given(broken))).answer)).toBe('session_unavailable')
  })

  it('leaves sessions that nobody delegated as they are', async () => {
    const sessions = memorySessions()
    await keep(sessions, { labels: ['untrusted'] })
    expect(codeOf((await mediated(given(sessions, {}))).answer)).toBe('whole')
  })
})

describe('a gateway that may have missed something', () => {
  const writes = call({ note: 'x' }, 'add_note')

  it('still reads while it is out of step, and changes nothing', async () => {
    expect(codeOf((await mediated({ isInStep: false })).answer)).toBe('whole')
    const { answer, log } = await mediated({ isInStep: false, message: writes })
    expect(codeOf(answer)).toBe('policy_stale')
    expect(log).toEqual(['close policy_stale'])
  })

  it('does what cannot be undone only while used proofs are remembered by all', async () => {
    const destroys = call({}, 'delete_everything')
    expect(codeOf((await mediated({ isReplayShared: false, message: destroys })).answer)).toBe(
      'replay_unavailable',
    )
    expect(codeOf((await mediated({ message: destroys })).answer)).toBe('whole')
    expect(codeOf((await mediated({ isReplayShared: false, message: writes })).answer)).toBe('whole')
  })
})

describe('a tenant', () => {
  it('that wants the digest of the body takes no proof without it', async () => {
    const bundle = tenant({ bodyDigestRequired: true })
    expect(codeOf((await mediated({ bundle })).answer)).toBe('whole')
    const { answer, log } = await mediated({ bundle, hasDigest: false })
    expect(codeOf(answer)).toBe('proof_invalid')
    expect(log).toEqual(['close proof_invalid'])
    expect(codeOf((await mediated({ hasDigest: false })).answer)).toBe('whole')
  })

  it('that wants a nonce asks for one, of this route', async () => {
    const { answer, log } = await mediated({ bundle: tenant({ nonceRequired: true }) })
    expect(codeOf(answer)).toBe('nonce_required')
    expect(answer).toMatchObject({ nonce: 'nonce of https://gateway.writ.test/acme/tools/mcp' })
    expect(log).toEqual(['close nonce_required'])
  })
})

describe('a tenant whose ledger holds as many records as it may', () => {
  const full = tenant({ recordsFull: true })

  it('has nothing done for it, is told why, and leaves the record of the refusal', async () => {
    const { heard, brakes } = braking({})
    const { answer, log, entry } = await mediated({ bundle: full, brakes })
    expect(answer).toMatchObject({
      refusal: { code: 'record_unavailable' },
      data: { reason: "the tenant's limit of records is reached" },
    })
    expect(log).toEqual(['close record_unavailable'])
    expect(entry?.named?.agent.id).toBe(IDS.agent)
    expect(heard).toEqual([`unkept ${IDS.tenant}`])
  })

  it.each(['GET', 'DELETE'] as const)('has no %s done for it either', async (verb) => {
    const { answer, log } = await mediated({ bundle: full, verb })
    expect([codeOf(answer), log]).toEqual(['record_unavailable', ['close record_unavailable']])
  })

  it('says nothing of it to whoever proves nothing', async () => {
    const { answer } = await mediated({ bundle: full, headers: { dpop: [] } })
    expect(codeOf(answer)).toBe('proof_invalid')
  })

  it('has its refusals recorded up to a bound only, those of the braked among them', async () => {
    const proven = await mediated({ bundle: full, brakes: braking(UNKEPT).brakes })
    expect(proven.entry?.limit?.isFirst).toBe(false)
    const brakes = braking({ ...UNKEPT, failed: () => WAIT }).brakes
    const failing = await mediated({ bundle: full, brakes, headers: { dpop: [] } })
    expect([codeOf(failing.answer), failing.entry?.limit]).toEqual([
      'rate_limited',
      { ...WAIT, isFirst: false },
    ])
  })

  it('finishes, and records, what was begun before', async () => {
    const happened = await mediated({
      answer: stream({ jsonrpc: '2.0', method: 'notifications/progress', params: {} }, result('in time')),
    })
    if (happened.answer.kind !== 'stream') throw new Error('a stream was expected')
    const frames = happened.answer.frames[Symbol.asyncIterator]()
    await frames.next()
    happened.edit(full)
    const last = await frames.next()
    expect(new TextDecoder().decode(last.value)).toContain('in time')
    await frames.next()
    expect(happened.log.at(-1)).toBe('close answered')
  })
})

const UNKEPT = { unkept: () => ({ seconds: 1, isFirst: false }) }
const WAIT = { seconds: 7, isFirst: true }

const braking = (change: Partial<Brakes>) => {
  const heard: string[] = []
  const brakes: Brakes = {
    failed: (source, named) => {
      heard.push(`${source} ${named}`)
      return null
    },
    hasRoom: () => null,
    unkept: ({ id }) => {
      heard.push(`unkept ${id}`)
      return null
    },
    called: () => heard.push('called'),
    ...change,
  }
  return { heard, brakes }
}

describe('brakes', () => {
  it('hear of a request that proves nothing by its source', async () => {
    const { heard, brakes } = braking({})
    await mediated({ brakes, headers: { authorization: [] } })
    expect(heard).toEqual(['192.0.2.1 null'])
  })

  it('hear of a proof that fails under a token that holds by its agent too', async () => {
    const { heard, brakes } = braking({})
    await mediated({ brakes, bundle: { revokedSessions: [IDS.session] } })
    expect(heard).toEqual([`192.0.2.1 ${IDS.tenant}/${IDS.agent}`])
  })

  it('hear of an unknown tenant as of a known one', async () => {
    const { heard, brakes } = braking({})
    await mediated({ brakes, tenantSlug: 'nowhere' })
    expect(heard).toEqual(['192.0.2.1 null'])
    const { answer } = await mediated({
      brakes: braking({ failed: () => WAIT }).brakes,
      tenantSlug: 'nowhere',
    })
    expect(answer).toMatchObject({ refusal: { code: 'rate_limited' }, retryAfterSeconds: 7 })
  })

  it('answer who keeps failing with when to try again', async () => {
    const { brakes } = braking({ failed: () => WAIT })
    const { answer, entry } = await mediated({ brakes, headers: { dpop: [] } })
    expect(answer).toMatchObject({ refusal: { code: 'rate_limited' }, retryAfterSeconds: 7 })
    expect(entry?.limit).toEqual(WAIT)
  })

  it('never hold back a request that proves who sent it', async () => {
    const { heard, brakes } = braking({ failed: () => WAIT })
    expect(codeOf((await mediated({ brakes })).answer)).toBe('whole')
    expect(heard).toEqual(['called'])
  })

  it('hold back a tenant that calls too often, and nothing was called then', async () => {
    const { heard, brakes } = braking({ hasRoom: () => WAIT })
    const { answer, log } = await mediated({ brakes })
    expect(answer).toMatchObject({ refusal: { code: 'rate_limited' }, retryAfterSeconds: 7 })
    expect(log).toEqual(['close rate_limited'])
    expect(heard).toEqual([])
  })

  it('do not count a nonce that is asked for in passing', async () => {
    const { heard, brakes } = braking({})
    await mediated({ brakes, bundle: tenant({ nonceRequired: true }) })
    expect(heard).toEqual([])
  })
})
