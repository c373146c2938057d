import { describe, expect, it } from '@jest/globals'
import { NO_PACKAGE_KNOWLEDGE } from '@writ/actions'
import { Refusal } from '@writ/contracts'
import type { HookSteps } from '@writ/enforcement'
import { openConversations } from './conversations.ts'
import type { HookDeskPorts } from './desk-ports.ts'
import { bashEvent, eventOf } from './given-daemon.suite.ts'
import { createHookDesk } from './hook-desk.ts'

const NEVER = new AbortController().signal
const CANARY = `: writ-canary-${'0123456789abcdef'.repeat(2)}`

const broken = async () => new Refusal('internal')
const nobody = async () => new Refusal('credentials_missing', 'this device acts for nobody now')

async function deskOf(given: { identify: HookSteps['identify']; isObserving?: boolean }) {
  const reported: unknown[] = []
  const ports: HookDeskPorts = {
    steps: {
      identify: given.identify,
      weigh: async () => new Refusal('internal'),
      unkept: () => null,
      report: () => {},
    },
    ledger: { open: async () => null, close: async () => null },
    clock: { nowMs: Date.now, monotonicMicros: () => 0 },
    conversations: await openConversations(null, Date.now),
    world: () => ({
      realPath: (path) => path,
      readText: () => null,
      packages: NO_PACKAGE_KNOWLEDGE,
      unknown: 'ask',
    }),
    begin: () => {},
    isObserving: () => given.isObserving ?? false,
    userHome: '/home/dev',
    workspaces: null,
    report: (_, error) => reported.push(error),
  }
  const desk = createHookDesk(ports)
  return { desk, reported, ask: (payload: Uint8Array) => desk.ask('claude-code', payload, NEVER) }
}

describe('the desk of a daemon', () => {
  it('denies what cannot be decided in time, sooner than a hook client gives up', async () => {
    const { ask } = await deskOf({ identify: () => new Promise(() => {}) })
    const startedAtMs = performance.now()
    expect(await ask(bashEvent('ls'))).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('could not decide in time'),
    })
    expect(performance.now() - startedAtMs).toBeLessThan(1900)
  })

  it('denies where mediation itself breaks, and says so to whoever runs it', async () => {
    const { desk, reported } = await deskOf({ identify: broken })
    const cyclic: { self?: unknown } = {}
    cyclic.self = cyclic
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a bug in the sandbox could hand over
    const odd = { host: cyclic as unknown as string, port: 1 }
    expect(await desk.connect(odd)).toMatchObject({
      outcome: 'deny',
      reason: 'the daemon failed to decide',
    })
    expect(reported).toHaveLength(1)
  })

  it('denies for whom nobody can say, and in the tier that only observes lets it through', async () => {
    expect((await (await deskOf({ identify: nobody })).ask(bashEvent('ls'))).stderr).toContain(
      'acts for nobody',
    )
    expect((await (await deskOf({ identify: nobody, isObserving: true })).ask(bashEvent('ls'))).exit).toBe(0)
  })

  it('answers the canary of the doctor with a deny and its tier, in both tiers', async () => {
    for (const isObserving of [true, false]) {
      const { ask } = await deskOf({ identify: broken, isObserving })
      const reply = await ask(bashEvent(CANARY))
      expect(reply.exit).toBe(2)
      expect(reply.stderr).toContain(`mode ${isObserving ? 'observe' : 'enforce'}`)
    }
  })

  it('says nothing to what only tells of something', async () => {
    const { ask } = await deskOf({ identify: broken })
    expect((await ask(eventOf('Notification', { message: 'x' }))).exit).toBe(0)
    expect((await ask(eventOf('SessionStart', { source: 'startup' }))).exit).toBe(0)
    expect((await ask(eventOf('SessionEnd', { reason: 'exit' }))).exit).toBe(0)
    expect((await ask(eventOf('PreSomethingNew', {}))).exit).toBe(2)
  })
})
