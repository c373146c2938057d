import { afterEach, describe, expect, it } from '@jest/globals'
import { bashEvent, closeDaemons, eventOf, givenDaemon } from './given-daemon.suite.ts'

afterEach(closeDaemons)

const CLIENT = 'claude-code'
const POLICY = `
writ: 1
rules:
  - id: mark-pages
    effect: flag
    on: [inbound]
    when: { path: action.method, op: eq, value: hook/network.fetch }
    reason: Pages are somebody else’s.
    labels: { add: [untrusted] }
  - id: no-shell-after-pages
    effect: deny
    on: [outbound]
    when:
      all:
        - { path: action.method, op: eq, value: hook/shell }
        - { path: session.labels, op: has, value: untrusted }
    reason: Not after reading the web.
  - id: only-here
    effect: deny
    on: [outbound]
    when: { path: args.outside, op: eq, value: true }
    reason: Not outside.
`
const page = eventOf('PostToolUse', {
  tool_name: 'WebFetch',
  tool_use_id: 'toolu_2',
  tool_input: { url: 'https://a.example/', prompt: 'x' },
  tool_response: 'words',
})

const WORK = '/srv/project/work'
const givenRun = () => givenDaemon({ policy: POLICY, options: { run: { workspaces: [WORK] } } })

describe('the daemon of one run', () => {
  it('forgets nothing of it when somebody inside tells that all conversations are over', async () => {
    const { daemon } = await givenRun()
    expect((await daemon.ask(CLIENT, bashEvent('ls', { cwd: WORK }))).exit).toBe(0)
    const { session } = daemon.status()
    await daemon.ask(CLIENT, page)
    await daemon.ask(CLIENT, eventOf('SessionEnd', { reason: 'exit' }))
    await daemon.ask(CLIENT, eventOf('SessionStart', { session_id: 'other', source: 'startup' }))
    expect(daemon.status().session).toBe(session)
    const reply = await daemon.ask(CLIENT, bashEvent('ls', { session_id: 'other', cwd: WORK }))
    expect(reply).toMatchObject({ exit: 2, stderr: expect.stringContaining('Not after reading the web.') })
  })

  it('knows its workspaces, whatever an event says of where its conversation began', async () => {
    const { daemon } = await givenRun()
    const elsewhere = { session_id: 'other', cwd: '/srv/project' }
    await daemon.ask(CLIENT, eventOf('SessionStart', { ...elsewhere, source: 'startup' }))
    expect((await daemon.ask(CLIENT, bashEvent(`touch ${WORK}/a`, elsewhere))).exit).toBe(0)
    expect((await daemon.ask(CLIENT, bashEvent('touch b', elsewhere))).exit).toBe(2)
  })
})
