import { describe, expect, it } from '@jest/globals'
import type { Bundle, Caller } from '@writ/contracts'
import { isRefusal, PolicyDocument } from '@writ/contracts'
import type { Proven } from '@writ/identity'
import { claimsOf, currentOf, id, IDS } from './given.suite.ts'
import type { CurrentBundle } from './stages.ts'
import { groupsOf } from './steps/groups.ts'
import { inspected } from './steps/inspected.ts'
import { callerOf, standingOf } from './steps/standing.ts'

const proven = (claims = claimsOf()): Proven => ({ claims, keyThumbprint: claims.cnf.jkt })

function callerIn(current: CurrentBundle, who: Proven): Caller {
  const caller = callerOf(who, current)
  if (isRefusal(caller)) throw new Error(caller.code)
  return caller
}

describe('a caller that is known by its token', () => {
  it('is the same one as long as the bundle is', () => {
    const [current, who] = [currentOf({}), proven()]
    expect(callerIn(current, who)).toBe(callerIn(current, who))
  })

  it.each<[string, Partial<Bundle>]>([
    ['ends its session', { revokedSessions: [IDS.session] }],
    ['does not have its agent', { agents: [] }],
    [
      'has its human under another epoch',
      { humans: [{ id: IDS.human, name: 'Ada', groups: [IDS.group], epoch: 1 }] },
    ],
  ])('is nobody under a bundle that %s', (_, bundle) => {
    const who = proven()
    const [before, after] = [currentOf({}), currentOf({ bundle })]
    callerIn(before, who)
    expect(standingOf(who.claims, after)).toMatchObject({ code: 'token_revoked' })
    expect(callerOf(who, after)).toMatchObject({ code: 'token_revoked' })
    expect(standingOf(who.claims, before)).toBeNull()
  })

  it('is nobody when its token is revoked, whatever other token of its session is known', () => {
    const [known, revoked] = [proven(), proven()]
    const current = currentOf({ bundle: { revokedTokens: [revoked.claims.jti] } })
    callerIn(current, known)
    expect(callerOf(revoked, current)).toMatchObject({ code: 'token_revoked' })
  })

  it('has the groups that the bundle of the moment gives it', () => {
    const who = proven()
    const other = id('grp')
    const agents = [{ id: IDS.agent, name: 'assistant', groups: [other], epoch: 0 }]
    expect(groupsOf(callerIn(currentOf({}), who))).toEqual([IDS.group])
    expect(groupsOf(callerIn(currentOf({ bundle: { agents } }), who))).toEqual([other, IDS.group])
  })

  it('is of the tenant whose bundle is asked, and of no other', () => {
    const who = proven()
    const { tenant } = currentOf({}).bundle
    const others = [id('ten'), id('ten')].map((ten) =>
      currentOf({ bundle: { tenant: { ...tenant, id: ten } } }),
    )
    for (const current of [...others, ...others])
      expect(callerIn(current, who).tenantId).toBe(current.bundle.tenant.id)
  })

  it('is not taken for another one whose key proved it', () => {
    const [current, who] = [currentOf({}), proven()]
    callerIn(current, who)
    expect(callerIn(current, { ...who, keyThumbprint: 'another' }).keyThumbprint).toBe('another')
  })
})

describe('what is looked for in content', () => {
  const [own, strange] = [id('grp'), id('grp')]
  const document = PolicyDocument.parse({
    writ: 1,
    patterns: { project: 'project nightjar' },
    rules: [
      {
        id: 'internal',
        effect: 'deny',
        when: { path: 'content.signals', op: 'has', value: 'pattern.project' },
        reason: 'no',
      },
    ],
  })
  const current = currentOf({
    bundle: { policies: [{ id: IDS.policy, name: 'house', version: 1, groups: [own], document }] },
  })
  const signalsFor = async (groups: readonly string[]) => {
    const inspecting = { current, groups, state: null, keys: null }
    const { sightings } = await inspected({ text: 'project nightjar' }, inspecting, { turn: async () => {} })
    return sightings.map(({ signal }) => signal)
  }

  it('is what the policies of these groups want, whoever was asked about before', async () => {
    const [ours, theirs] = [[own], [strange]]
    for (let time = 0; time < 2; time += 1) {
      expect(await signalsFor(ours)).toEqual(['pattern.project'])
      expect(await signalsFor(theirs)).toEqual([])
    }
  })
})
