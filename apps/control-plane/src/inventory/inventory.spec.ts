import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { enrolledAgent } from '../testing/agents.ts'
import { joinedDevice } from '../testing/devices.ts'
import type { JoinedDevice } from '../testing/devices.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { findingAbout, reportOf, serverNamed } from './report.fixture.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let acme: World
let device: JoinedDevice

beforeAll(async () => {
  plane = await givenControlPlane()
  acme = await givenWorld(plane)
  device = await joinedDevice(plane, acme.slug, acme.agent)
})
afterAll(() => plane?.close())

const lookWith = (key: string, path: string) => plane.ask('GET', `/api/v1/${path}`, { key })
const tell = (report: object, from = device) => from.ask('PUT', `${from.at}/inventory`, report)

describe('the inventory of a tenant', () => {
  it('shows the newest report of a device, in short and whole, with what is new in it', async () => {
    const first = reportOf({ servers: [serverNamed('mail')] })
    const second = reportOf({
      scannedAt: '2026-11-02T08:00:00.000Z',
      servers: [serverNamed('mail'), serverNamed('files')],
      findings: [findingAbout('files', { severity: 'high' }), findingAbout('mail')],
    })
    expect([(await tell(first)).status, (await tell(second)).status]).toEqual([204, 204])
    const { body } = await acme.ask('GET', 'inventory')
    expect(body.items).toMatchObject([
      {
        id: device.id,
        device: 'laptop',
        agent: acme.agent.id,
        platform: 'linux',
        scannedAt: second.scannedAt,
        agents: 0,
        servers: 2,
        findings: { high: 1, medium: 1, low: 0 },
        changes: 3,
      },
    ])
    const whole = (await acme.ask('GET', `inventory/${device.id}`)).body
    expect(whole.report).toEqual(second)
    expect(whole.changes.map(({ change }: { change: string }) => change)).toEqual([
      'server_added',
      'finding_added',
      'finding_added',
    ])
  })

  it('compares each report with the one before it when several arrive at once', async () => {
    const reports = Array.from({ length: 6 }, (_, at) => reportOf({ servers: [serverNamed(`server-${at}`)] }))
    const answers = await Promise.all(reports.map((report) => tell(report)))
    expect(answers.map(({ status }) => status)).toEqual(reports.map(() => 204))
    const { changes } = (await acme.ask('GET', `inventory/${device.id}`)).body
    expect(changes.map(({ change }: { change: string }) => change)).toContain('server_removed')
  })

  it('refuses what is no report', async () => {
    const wrong = [
      {},
      { ...reportOf(), secret: 'x' },
      reportOf({ servers: Array.from({ length: 1001 }, () => serverNamed('s')) }),
      reportOf({ servers: [serverNamed('x'.repeat(200))] }),
      // A scan lets through nothing that a database would not take.
      reportOf({ servers: [serverNamed('a zero \u0000 in it')] }),
      reportOf({ servers: [serverNamed('half \ud800 of a character')] }),
    ]
    for (const report of wrong) expect((await tell(report)).status).toBe(400)
  })

  it('takes a report of the largest size that a scan makes, and none that is larger', async () => {
    const full = reportOf({
      servers: Array.from({ length: 1000 }, (_, at) =>
        serverNamed(`s${at}`, {
          target: 't'.repeat(512),
          place: { file: 'f'.repeat(512), pointer: 'p'.repeat(512) },
        }),
      ),
    })
    expect((await tell(full)).status).toBe(204)
    const answer = await device.ask('PUT', `${device.at}/inventory`, { pad: 'x'.repeat(4 * 1024 * 1024) })
    expect(answer.status).toBe(413)
  })

  it('is taken from no device that does not count, and is not shown for one that was revoked', async () => {
    const agent = await enrolledAgent(plane, acme.slug, acme.key)
    const other = await joinedDevice(plane, acme.slug, agent)
    expect((await tell(reportOf(), other)).status).toBe(204)
    expect((await acme.ask('GET', `inventory/${other.id}`)).status).toBe(200)
    await acme.ask('DELETE', `devices/${other.id}`)
    expect((await tell(reportOf(), other)).status).toBe(401)
    expect((await acme.ask('GET', `inventory/${other.id}`)).status).toBe(404)
    expect((await acme.ask('GET', 'inventory')).text).not.toContain(other.id)
  })

  it('is not shown any more for a human who was erased', async () => {
    const agent = await enrolledAgent(plane, acme.slug, acme.key)
    const other = await joinedDevice(plane, acme.slug, agent)
    expect((await tell(reportOf({ servers: [serverNamed('theirs')] }), other)).status).toBe(204)
    await acme.ask('POST', `humans/${agent.human}/suspend`)
    const erasure = { human: agent.human, reason: 'request' }
    expect((await acme.ask('POST', `humans/${agent.human}/erasure`, erasure)).status).toBe(200)
    expect((await acme.ask('GET', `inventory/${other.id}`)).status).toBe(404)
    expect((await acme.ask('GET', 'inventory')).text).not.toContain(other.id)
  })

  it('shows developers the machines of their own agents only', async () => {
    const keyOf = async (human: string) =>
      (await acme.ask('POST', 'api-keys', { name: 'dev', role: 'developer', human })).body.key
    const stranger = (await acme.ask('POST', 'humans', { name: 'Bo', email: 'bo@example.test' })).body.id
    const [own, foreign] = [await keyOf(acme.agent.human), await keyOf(stranger)]
    expect((await lookWith(own, `inventory/${device.id}`)).status).toBe(200)
    expect((await lookWith(foreign, `inventory/${device.id}`)).status).toBe(404)
    expect((await lookWith(foreign, 'inventory')).body.items).toEqual([])
  })

  it('goes with its tenant', async () => {
    const beta = await givenWorld(plane)
    const theirs = await joinedDevice(plane, beta.slug, beta.agent)
    await tell(reportOf(), theirs)
    await beta.ask('POST', 'tenant/suspend')
    await beta.ask('DELETE', 'tenant', { slug: beta.slug })
    const left = await plane.query('select 1 from writ.inventories where tenant_id = $1', [beta.tenant])
    expect(left).toEqual([])
  })
})
