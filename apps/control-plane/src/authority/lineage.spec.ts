import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { AgentId, HumanId } from '@writ/contracts'
import { enrolledAgent } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { actorOf, livingLineage, standingOf } from './lineage.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let tenant: { id: `ten_${string}`; slug: string }
let key: string
let top: EnrolledAgent
let sub: EnrolledAgent
let counter = 0

beforeAll(async () => {
  plane = await givenControlPlane()
  const made = await plane.newTenant()
  tenant = { id: made.tenant.id, slug: made.tenant.slug }
  key = made.ownerKey.key
  top = await enrolledAgent(plane, tenant.slug, key)
  sub = await enrolledAgent(plane, tenant.slug, key)
})
afterAll(() => plane?.close())

const nowMs = Date.now()
const run: Tenancy['run'] = (...asked) => plane.app.get(Tenancy).run(...asked)

/** A session of `sub` below one of `top`, which rests on a grant; each as the change says. */
async function givenLine(
  change: { top?: object; sub?: object; grant?: object } = {},
): Promise<`ses_${string}`> {
  counter += 1
  const place = String(counter).padStart(4, '0')
  const idOf = <P extends string>(prefix: P, mark: string): `${P}_${string}` =>
    `${prefix}_${'0'.repeat(21)}${mark}${place}`
  const [grant, parent, child] = [idOf('gnt', 'G'), idOf('ses', 'P'), idOf('ses', 'C')]
  const session = { human_id: top.human, created_at: new Date(nowMs) }
  await run(tenant, async (db) => {
    const until = new Date(nowMs + 60_000)
    await db.insert('grants', { id: grant, agent_id: top.id, human_id: top.human, until, ...change.grant })
    await db.insert('sessions', {
      id: parent,
      agent_id: top.id,
      ...session,
      key_thumbprint: `top-${place}`,
      grant_id: grant,
      ...change.top,
    })
    await db.insert('sessions', {
      id: child,
      agent_id: sub.id,
      ...session,
      key_thumbprint: `sub-${place}`,
      parent_session_id: parent,
      ...change.sub,
    })
  })
  return child
}

const lineageOf = (session: `ses_${string}`) => run(tenant, (db) => livingLineage(db, session, nowMs))
const ago = new Date(nowMs - 1)

const turn = (what: string) => plane.ask('POST', `/api/v1/agents/${top.id}/${what}`, { key })
const standing = () => run(tenant, (db) => standingOf(db, HumanId.parse(top.human)))

describe('a session that was delegated', () => {
  it('lives with its line, and ends with whatever ends first', async () => {
    const session = await givenLine({ sub: { ends_at: new Date(nowMs + 90_000) } })
    expect(await lineageOf(session)).toMatchObject({
      agents: [sub.id, top.id],
      sessions: [session, expect.stringMatching(/^ses_0+P/)],
      endsAtMs: nowMs + 60_000,
    })
  })

  it.each([
    ['it was ended', { sub: { ended_at: ago } }],
    ['it has run out', { sub: { ends_at: ago } }],
    ['the session above it was ended', { top: { ended_at: ago } }],
    ['the session above it has run out', { top: { ends_at: ago } }],
    ['the grant was taken back', { grant: { revoked_at: ago } }],
    ['the grant has run out', { grant: { until: ago } }],
  ])('lives no longer once %s', async (_, change) => {
    expect(await lineageOf(await givenLine(change))).toBeNull()
  })

  it('lives no longer once the agent above it is suspended', async () => {
    const session = await givenLine()
    await turn('suspend')
    expect(await lineageOf(session)).toBeNull()
    await turn('resume')
    expect(await lineageOf(session)).not.toBeNull()
  })
})

describe('the standing of a human', () => {
  it('is the epochs of today, while human and tenant count', async () => {
    expect(await standing()).toEqual({ tenant: expect.any(Number), human: expect.any(Number) })
    await plane.query('update writ.tenants set suspended_at = now() where id = $1', [tenant.id])
    expect(await standing()).toBeNull()
    await plane.query('update writ.tenants set suspended_at = null where id = $1', [tenant.id])
    await plane.query(`update writ.humans set status = 'suspended' where id = $1`, [top.human])
    expect(await standing()).toBeNull()
    await plane.query(`update writ.humans set status = 'active' where id = $1`, [top.human])
  })
})

const agentOf = (mark: string) => AgentId.parse(`agt_${mark.repeat(26)}`)

describe('the actors of a token', () => {
  it('are nested, the acting one outermost', () => {
    const [one, two, three] = [agentOf('1'), agentOf('2'), agentOf('3')]
    expect(actorOf([one, two, three])).toEqual({ sub: one, act: { sub: two, act: { sub: three } } })
  })
})
