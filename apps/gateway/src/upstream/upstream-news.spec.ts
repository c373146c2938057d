import { describe, expect, it } from '@jest/globals'
import { Refusal, UPSTREAM_BY_DEFAULT, UpstreamReport } from '@writ/contracts'
import { ControlPlaneAway } from '@writ/point'
import { id, until } from '@writ/point/fixtures'
import type { UpstreamNews } from './upstream-gate.ts'
import { createUpstreamNews } from './upstream-news.ts'

const heard = (
  state: UpstreamNews['state'],
  change: { version?: number; connection?: string } = {},
): UpstreamNews => ({
  key: {
    tenant: id('ten'),
    slug: 'acme',
    connection: id('con', change.connection ?? '0'),
    principal: null,
    credentialVersion: change.version ?? 1,
    certificate: null,
    origin: 'https://upstream.example',
    upstream: UPSTREAM_BY_DEFAULT,
    networks: [],
  },
  state,
  refusal: state === 'needs_credential' ? new Refusal('credential_refused') : null,
})

async function told(
  play: (hear: (news: UpstreamNews) => void, reports: UpstreamReport[]) => Promise<void>,
  failures: readonly Error[] = [],
): Promise<{ reports: UpstreamReport[]; problems: unknown[] }> {
  const reports: UpstreamReport[] = []
  const problems: unknown[] = []
  const left = [...failures]
  const news = createUpstreamNews({
    reportUpstream: (report) => {
      const failure = left.shift()
      if (failure) return Promise.reject(failure)
      reports.push(UpstreamReport.parse(report))
      return Promise.resolve()
    },
    nowMs: () => 1000,
    report: (_, problem) => void problems.push(problem),
  })
  const stop = new AbortController()
  const running = news.run(stop.signal)
  await play(news.hear, reports)
  stop.abort()
  await running
  return { reports, problems }
}

describe('how an upstream fares', () => {
  it('is told when it changes, and not at every call', async () => {
    const { reports } = await told(async (hear, said) => {
      for (let n = 0; n < 100; n += 1) hear(heard('working'))
      await until(() => said.length === 1)
      for (let n = 0; n < 100; n += 1) hear(heard('working'))
      hear(heard('needs_credential'))
      await until(() => said.length === 2)
    })
    expect(reports.map(({ state, failure }) => [state, failure?.code])).toEqual([
      ['working', undefined],
      ['needs_credential', 'credential_refused'],
    ])
    expect(reports[0]).toMatchObject({
      tenant: 'acme',
      connection: id('con'),
      credentialVersion: 1,
      atMs: 1000,
    })
  })

  it('is told as it was last, of many changes in a moment', async () => {
    const { reports } = await told(async (hear, said) => {
      for (let n = 0; n < 50; n += 1) hear(heard(n % 2 === 0 ? 'working' : 'needs_credential'))
      await until(() => said.length > 0)
    })
    expect(reports.map(({ state }) => state)).toEqual(['needs_credential'])
  })

  it('is told anew for another credential', async () => {
    const { reports } = await told(async (hear, said) => {
      hear(heard('needs_credential'))
      await until(() => said.length === 1)
      hear(heard('needs_credential', { version: 2 }))
      await until(() => said.length === 2)
    })
    expect(reports.map(({ credentialVersion }) => credentialVersion)).toEqual([1, 2])
  })

  it('is told again when the control plane was away', async () => {
    const { reports, problems } = await told(
      async (hear, said) => {
        hear(heard('working'))
        await until(() => said.length === 1)
      },
      [new ControlPlaneAway('nobody answers')],
    )
    expect([reports.length, problems.length]).toEqual([1, 1])
  })

  it('is not told again when it was refused, and stops nobody else', async () => {
    const { reports, problems } = await told(
      async (hear, said) => {
        hear(heard('working'))
        hear(heard('working', { connection: '1' }))
        await until(() => said.length === 1)
      },
      [new ControlPlaneAway('there is no such connection', 404)],
    )
    expect([reports[0]?.connection, problems.length]).toEqual([id('con', '1'), 1])
  })
})
