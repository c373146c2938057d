import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { scanFrames } from '@writ/audit'
import { AuditRecord } from '@writ/contracts'
import type { Daemon } from './daemon.ts'
import { localEvidence } from './evidence.ts'
import { bashEvent, closeDaemons, eventOf, givenDaemon, newHome } from './given-daemon.suite.ts'

afterEach(closeDaemons)

const CLIENT = 'claude-code'

const fetched = (name: string, more: object = {}) =>
  eventOf(name, {
    tool_name: 'WebFetch',
    tool_use_id: 'toolu_2',
    tool_input: { url: 'https://page.example/', prompt: 'read' },
    ...more,
  })

const writing = (path: string, cwd: string) =>
  eventOf('PreToolUse', {
    cwd,
    tool_name: 'Write',
    tool_use_id: 't',
    tool_input: { file_path: path, content: '' },
  })

/** The others are about the daemon's own stream. */
const isOfAction = ({ kind }: AuditRecord): boolean => kind === 'closed'

async function recordsOf(daemon: Daemon): Promise<readonly AuditRecord[]> {
  const { recordsFolder } = daemon.status()
  const names = (await readdir(recordsFolder)).filter((name) => name.endsWith('.spool'))
  const files = await Promise.all(names.map((name) => readFile(join(recordsFolder, name))))
  return files.flatMap((file) =>
    scanFrames(file)
      .frames.map(({ bytes }) => AuditRecord.parse(JSON.parse(bytes)))
      .filter(isOfAction),
  )
}

describe('a daemon of policy files', () => {
  it('lets out what no rule minds, and says nothing of it', async () => {
    const { daemon } = await givenDaemon()
    expect(await daemon.ask(CLIENT, bashEvent('ls -la'))).toEqual({ exit: 0, stdout: '{}', stderr: '' })
  })

  it('denies what a rule denies, in the words of the client, with the reason', async () => {
    const { daemon, home } = await givenDaemon()
    const reply = await daemon.ask(CLIENT, bashEvent(`cat ${home}/.ssh/id_rsa`))
    expect(reply.exit).toBe(2)
    expect(reply.stderr).toContain('Keys are not for agents.')
    expect(JSON.parse(reply.stdout)).toMatchObject({
      hookSpecificOutput: { permissionDecision: 'deny' },
    })
  })

  it('denies a prompt that names a file which a rule keeps from agents, for no tool is called to read it', async () => {
    const { daemon, home } = await givenDaemon()
    await mkdir(`${home}/.ssh`)
    await writeFile(`${home}/.ssh/id_rsa`, 'a key')
    const prompted = (prompt: string) =>
      daemon.ask(CLIENT, eventOf('UserPromptSubmit', { prompt, cwd: home }))
    const reply = await prompted('what is in @~/.ssh/id_rsa, please')
    expect(JSON.parse(reply.stdout)).toMatchObject({ decision: 'block' })
    expect(reply.stderr).toContain('Keys are not for agents.')
    expect((await prompted('write to ada@example.org about @.ssh/absent')).exit).toBe(0)
    expect((await prompted(`see ${Array.from({ length: 70 }, (_, at) => `@f${at}`).join(' ')}`)).exit).toBe(0)
  })

  it('denies what is no event of the client, and a client that is none', async () => {
    const { daemon } = await givenDaemon()
    expect((await daemon.ask(CLIENT, Buffer.from('{'))).exit).toBe(2)
    expect((await daemon.ask('emacs', bashEvent('ls'))).exit).toBe(2)
    expect((await daemon.ask('sandbox', bashEvent('ls'))).exit).toBe(2)
  })

  it('lets everything through where it only observes, and records what policy said', async () => {
    const { daemon, home } = await givenDaemon({ source: { mode: 'observe' } })
    expect((await daemon.ask(CLIENT, bashEvent(`cat ${home}/.ssh/id_rsa`))).exit).toBe(0)
    expect((await daemon.ask(CLIENT, Buffer.from('{'))).exit).toBe(0)
    // with the two that its stream says of itself
    expect(daemon.status()).toMatchObject({ mode: 'observe', recordsKept: 4, isReady: true })
  })

  it('is asked by the proxy of a sandbox too', async () => {
    const policy = `
writ: 1
rules:
  - id: no-evil
    effect: deny
    on: [outbound]
    when: { path: args.hosts, op: has, value: evil.example }
    reason: Not there.
`
    const { daemon } = await givenDaemon({ policy })
    expect(await daemon.connect({ host: 'good.example', port: 443 })).toMatchObject({ outcome: 'allow' })
    expect(await daemon.connect({ host: 'evil.example', port: 443 })).toMatchObject({
      outcome: 'deny',
      reason: expect.stringContaining('Not there.'),
    })
  })

  it.each(['enforce', 'observe'] as const)(
    'records what the kernel refused in a sandbox as denied, where the tier is %s',
    async (mode) => {
      const { daemon } = await givenDaemon({ source: { mode } })
      const path = '/home/other/.ssh/id_rsa'
      const decision = await daemon.refused({
        action: { kind: 'file.read', path },
        call: 'openat',
        reason: 'the sandbox does not show it',
        times: 12,
      })
      await daemon.refused({
        action: { kind: 'kernel.call', call: 'ptrace', about: '' },
        call: 'ptrace',
        reason: 'no',
        times: 1,
      })
      const [first, second] = await recordsOf(daemon)
      expect(first).toMatchObject({
        decisionId: decision,
        channel: 'hooks',
        outcome: 'deny',
        refusal: 'sandbox_refused',
        action: { method: 'hook/file.read', resource: path, class: 'credential' },
        local: { client: 'sandbox', tool: 'openat', times: 12, observed: false },
      })
      expect(first?.local?.facts.map(({ kind }) => kind)).toContain('credential_read')
      expect(second).toMatchObject({
        outcome: 'deny',
        refusal: 'sandbox_refused',
        action: { method: 'hook/kernel.call', resource: 'ptrace', class: 'admin' },
        local: { times: 1 },
      })
    },
  )

  it('gives one session to conversations that go on side by side, and a new one when all are over', async () => {
    const { daemon } = await givenDaemon()
    const tell = (name: string, conversation: string) =>
      daemon.ask(CLIENT, eventOf(name, { session_id: conversation, source: 'startup', reason: 'exit' }))
    await tell('SessionStart', 'a')
    const { session } = daemon.status()
    await tell('SessionStart', 'b')
    await tell('SessionEnd', 'a')
    await tell('SessionStart', 'c')
    expect(daemon.status().session).toBe(session)
    await tell('SessionEnd', 'b')
    await tell('SessionEnd', 'c')
    await tell('SessionStart', 'd')
    expect(daemon.status().session).not.toBe(session)
  })

  it('refuses everything when there is no room for records, and says so', async () => {
    const { daemon } = await givenDaemon({ options: { spoolBytes: 1024 } })
    const reply = await daemon.ask(CLIENT, bashEvent('ls'))
    expect(reply.exit).toBe(2)
    expect(daemon.status()).toMatchObject({ isReady: false, trouble: 'there is no room for records' })
  })

  it('decides by what stood in its files when it started', async () => {
    const { daemon, home } = await givenDaemon()
    await writeFile(`${home}/policy.yaml`, 'writ: 1\nrules: []\n')
    expect((await daemon.ask(CLIENT, bashEvent(`cat ${home}/.ssh/id_rsa`))).exit).toBe(2)
    expect(await readFile(`${home}/policy.yaml`, 'utf8')).toContain('rules: []')
  })
})

describe('what a daemon remembers of a conversation', () => {
  const TAINT = `
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
`
  it('is what came of its actions: what was read decides on what is done next', async () => {
    const { daemon } = await givenDaemon({ policy: TAINT })
    expect((await daemon.ask(CLIENT, bashEvent('ls'))).exit).toBe(0)
    expect((await daemon.ask(CLIENT, fetched('PreToolUse'))).exit).toBe(0)
    expect((await daemon.ask(CLIENT, fetched('PostToolUse', { tool_response: 'words' }))).exit).toBe(0)
    expect(await daemon.ask(CLIENT, bashEvent('ls'))).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('Not after reading the web.'),
    })
  })

  it('is not lost by starting another one beside it', async () => {
    const { daemon } = await givenDaemon({ policy: TAINT })
    await daemon.ask(CLIENT, fetched('PostToolUse', { tool_response: 'words' }))
    await daemon.ask(CLIENT, eventOf('SessionStart', { session_id: 'nested', source: 'startup' }))
    expect((await daemon.ask(CLIENT, bashEvent('ls', { session_id: 'nested' }))).exit).toBe(2)
  })

  it('judges what came back, and not what was asked for', async () => {
    const policy = `
writ: 1
rules:
  - id: no-mail-in
    effect: deny
    on: [inbound]
    when: { path: content.signals, op: has, value: pii.email }
    reason: No addresses.
`
    const { daemon } = await givenDaemon({ policy })
    const result = (tool_response: string) => daemon.ask(CLIENT, fetched('PostToolUse', { tool_response }))
    expect((await result('nothing')).stdout).toBe('{}')
    expect(JSON.parse((await result('ada@example.org')).stdout)).toMatchObject({ decision: 'block' })
  })

  it('tells what a person wrote from what was read', async () => {
    const { daemon, home } = await givenDaemon({ policy: TAINT })
    expect((await daemon.ask(CLIENT, eventOf('UserPromptSubmit', { prompt: 'do it' }))).exit).toBe(0)
    const { records } = await localEvidence(join(home, '.writ'), Date.now())
    const read = records.map(({ bytes }) => AuditRecord.parse(JSON.parse(bytes)))
    expect(read.map(({ kind }) => kind)).toEqual(['stream_opened', 'applied', 'closed'])
    expect(read.filter(isOfAction)).toMatchObject([
      { action: { method: 'hook/prompt' }, local: { moment: 'prompt' }, inbound: { outcome: 'allow' } },
    ])
    expect(JSON.stringify(records)).not.toContain('do it')
  })
})

describe('what policy changes of an action', () => {
  const NO_MAIL = `
writ: 1
rules:
  - id: no-mail
    effect: modify
    on: [outbound]
    when: { path: content.signals, op: has, value: pii.email }
    modify: { pii.email: replace }
    reason: No addresses.
`

  it('is changed in the input as its client sent it', async () => {
    const { daemon } = await givenDaemon({ policy: NO_MAIL })
    const input = { file_path: '/tmp/a.txt', content: 'mail ada@example.org' }
    const written = eventOf('PreToolUse', { tool_name: 'Write', tool_use_id: 't', tool_input: input })
    const reply = await daemon.ask(CLIENT, written)
    expect(JSON.parse(reply.stdout)).toMatchObject({
      hookSpecificOutput: {
        updatedInput: { file_path: '/tmp/a.txt', content: expect.not.stringContaining('ada@') },
      },
    })
    expect((await daemon.ask(CLIENT, bashEvent('mail ada@example.org'))).exit).toBe(2)
  })
})

describe('the workspace of a conversation', () => {
  const INSIDE = `
writ: 1
rules:
  - id: inside
    effect: deny
    on: [outbound]
    when: { path: args.outside, op: eq, value: true }
    reason: Stay in the workspace.
`

  it('is where it began, wherever its commands go', async () => {
    const { daemon } = await givenDaemon({ policy: INSIDE })
    const write = async (path: string, cwd: string) => (await daemon.ask(CLIENT, writing(path, cwd))).exit
    await daemon.ask(CLIENT, eventOf('SessionStart', { cwd: '/srv/work', source: 'startup' }))
    expect(await write('/srv/work/a.txt', '/srv/work')).toBe(0)
    expect(await write('/srv/other/a.txt', '/srv/work')).toBe(2)
    expect(await write('/srv/other/a.txt', '/srv/other')).toBe(2)
    expect(await write('/srv/work/../other/a.txt', '/srv/work')).toBe(2)
  })

  it('and every path in it is the real one', async () => {
    const home = await newHome()
    const policy = `
writ: 1
rules:
  - id: not-there
    effect: deny
    on: [outbound]
    when: { path: args.paths.write, op: has, value: ${home}/other/a.txt }
    reason: Not there.
`
    const { daemon } = await givenDaemon({ policy, home })
    await mkdir(join(home, 'other'))
    await symlink(join(home, 'other'), join(home, 'link'))
    for (const path of ['other/a.txt', 'link/a.txt', 'x/../other/./a.txt'])
      expect((await daemon.ask(CLIENT, writing(join(home, path), home))).exit).toBe(2)
    expect((await daemon.ask(CLIENT, writing(`/proc/self/root${home}/other/a.txt`, home))).exit).toBe(2)
    expect((await daemon.ask(CLIENT, writing(join(home, 'a.txt'), home))).exit).toBe(0)
  })
})
