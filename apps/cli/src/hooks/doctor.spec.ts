import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { HookClient } from '@writ/contracts'
import { isHookFault, readHookEvent, renderVerdict } from '@writ/hooks'
import { z } from 'zod'
import type { Terminal } from '../terminal.ts'
import { canaryReason } from './canary.ts'
import { CLIENTS } from './clients.ts'
import type { Configured } from './configured.ts'
import { examineHooks } from './doctor.ts'
import type { Tier } from './hook-file.ts'
import { hookSourceOf } from './hook-program.ts'
import { installHooks } from './install.ts'
import { createMachine } from './machine.ts'
import type { Ended, Machine } from './machine.ts'
import type { Places } from './places.ts'

let folder = ''
let places: Places
let machine: Machine
const started: Configured[] = []
const said: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-doctor-'))
  mkdirSync(join(folder, 'root'))
  writeFileSync(join(folder, 'writ-hook'), '#!/bin/sh\n', { mode: 0o755 })
  places = {
    platform: 'linux',
    home: '/home/dev',
    writHome: '/home/dev/.writ',
    root: join(folder, 'root'),
    uid: 0,
  }
  machine = withDaemon('enforce')
  started.length = 0
  said.length = 0
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const terminal: Terminal = {
  json: true,
  out: (text) => void said.push(text),
  note: () => undefined,
  pipes: () => ({ input: process.stdin, output: process.stdout }),
  askSecret: () => null,
  openKeychain: () => Promise.resolve(null),
}

/** A machine with all clients, whose hook client is this function: it answers what a daemon would. */
const withDaemon = (
  mode: 'observe' | 'enforce',
  changed: (reply: Ended) => Ended = (reply) => reply,
): Machine => ({
  program: (name) => Promise.resolve(`/usr/bin/${name}`),
  exists: () => false,
  loose: () => Promise.resolve(null),
  run: (command, stdin) => {
    if (command.form === 'words' && command.words[1] === '--version')
      return Promise.resolve({ exit: 0, stdout: '2.1.400 (x)\n', stderr: '' })
    started.push(command)
    const words = command.form === 'words' ? command.words : command.line.split(' ')
    return Promise.resolve(changed(answered(HookClient.parse(words.at(-1)), stdin, mode)))
  },
})

function answered(client: HookClient, stdin: string, mode: 'observe' | 'enforce'): Ended {
  const event = readHookEvent(client, Buffer.from(stdin))
  if (isHookFault(event)) throw new Error(event.detail)
  const reason = canaryReason(event.actions, mode)
  return renderVerdict(event, {
    outcome: reason === null ? 'allow' : 'deny',
    reason: reason ?? '',
    decisionId: 'd',
    approval: null,
    modified: null,
  })
}

async function install(tier: Tier, clients: readonly string[], socket?: string): Promise<void> {
  const rows = CLIENTS.filter(({ client }) => clients.includes(client))
  const source = hookSourceOf(places, tier, { hook: join(folder, 'writ-hook'), socket })
  await installHooks({ tier, rows, places, source, denyReads: ['~/.ssh/**'], dryRun: false }, terminal)
}

async function examined(client: string): Promise<{ exit: number; finding: Finding }> {
  const rows = CLIENTS.filter((row) => row.client === client)
  const exit = await examineHooks({ rows, places, machine, cwd: '/home/dev/app' }, terminal)
  const [finding] = Printed.parse(JSON.parse(said.at(-1) ?? '')).clients
  return { exit, finding }
}

const Printed = z.object({
  clients: z.tuple([
    z.object({ state: z.string(), version: z.string().nullable(), reasons: z.array(z.string()) }),
  ]),
})
type Finding = z.infer<typeof Printed>['clients'][0]

const fileAt = (path: string): string => join(folder, 'root', path)

describe('the doctor', () => {
  it.each(['claude-code', 'codex', 'copilot-cli', 'cursor', 'windsurf'])(
    'finds %s enforced when a daemon answers through its managed file',
    async (client) => {
      await install('enforce', [client], '/run/writ/hook.sock')
      const { exit, finding } = await examined(client)
      expect(finding).toMatchObject({ state: 'enforce', reasons: [] })
      expect([exit, started.length]).toEqual([0, 1])
    },
  )

  it('says that a daemon of the user can be replaced by whoever acts as the user', async () => {
    await install('enforce', ['codex'])
    const { finding } = await examined('codex')
    expect(finding.state).toBe('enforce')
    expect(finding.reasons.join()).toContain('can put another one in its place')
  })

  it.each([
    ['gemini-cli', 'hooksConfig.disabled'],
    ['opencode', '--pure'],
    ['vscode', 'Local harness'],
  ])('says that %s only observes, and why', async (client, why) => {
    await install('enforce', [client])
    const { exit, finding } = await examined(client)
    expect([exit, finding.state]).toEqual([0, 'observe'])
    expect(finding.reasons.join()).toContain(why)
  })

  it.each(CLIENTS.map(({ client }) => client))(
    'finds %s observed through the files of its user',
    async (client) => {
      await install('observe', [client])
      const { exit, finding } = await examined(client)
      expect(finding.state).toBe('observe')
      expect(finding.reasons).toEqual(['no managed file starts the hook: `writ hooks install --managed`'])
      expect(exit).toBe(0)
    },
  )

  it('says no to a client without a hook', async () => {
    expect(await examined('claude-code')).toMatchObject({
      exit: 1,
      finding: { state: 'ungoverned', version: '2.1.400' },
    })
  })

  it('says nothing against a client that is not there', async () => {
    machine = { ...machine, program: () => Promise.resolve(null) }
    expect(await examined('cursor')).toMatchObject({ exit: 0, finding: { state: 'not installed' } })
  })

  it('knows a client without a program by what it has left in the home', async () => {
    machine = {
      ...machine,
      program: () => Promise.resolve(null),
      exists: (path) => path === '/home/dev/.cursor',
    }
    expect(await examined('cursor')).toMatchObject({ exit: 1, finding: { state: 'ungoverned' } })
  })
})

describe('a file that is right, and yet governs nothing', () => {
  it.each<[string, (reply: Ended) => Ended, string]>([
    [
      'nobody answers',
      () => ({ exit: 2, stdout: '', stderr: 'writ-hook: no daemon' }),
      'no daemon answered the canary: writ-hook: no daemon',
    ],
    ['something else says yes', () => ({ exit: 0, stdout: '{}', stderr: '' }), 'exit code 0, without a word'],
    [
      'an old answer is played again',
      ({ exit, ...reply }) => ({ exit, stdout: other(reply.stdout), stderr: other(reply.stderr) }),
      'no daemon answered the canary',
    ],
  ])('is ungoverned when %s', async (_, changed, why) => {
    machine = withDaemon('enforce', changed)
    await install('enforce', ['claude-code'])
    const { exit, finding } = await examined('claude-code')
    expect([exit, finding.state]).toEqual([1, 'ungoverned'])
    expect(finding.reasons.join()).toContain(why)
  })

  it.each<[string, (reply: Ended) => Ended, string]>([
    ['exit code', (reply) => ({ ...reply, exit: 1 }), 'exit code 1 and not with 2'],
    ['stderr', (reply) => ({ ...reply, stderr: '' }), 'no reason on stderr'],
    ['JSON', (reply) => ({ ...reply, stdout: '' }), 'no reason in the JSON on stdout'],
  ])('is not enforced when a deny lacks its %s', async (_, changed, why) => {
    machine = withDaemon('enforce', changed)
    await install('enforce', ['claude-code'])
    const { finding } = await examined('claude-code')
    expect(finding.state).toBe('observe')
    expect(finding.reasons.join()).toContain(why)
  })

  it('is not enforced when somebody else can write it', async () => {
    await install('enforce', ['claude-code'])
    machine = { ...machine, loose: (path) => Promise.resolve(`${path} can be written by others`) }
    const { finding } = await examined('claude-code')
    expect(finding.state).toBe('observe')
    expect(finding.reasons).toEqual([
      `${fileAt('/etc/claude-code/managed-settings.json')} can be written by others`,
      `${fileAt('/usr/local/lib/writ/writ-hook')} can be written by others`,
    ])
  })

  it.each([
    [
      'claude-code',
      '/etc/claude-code/managed-settings.json',
      '"allowManagedHooksOnly": true',
      '"allowManagedHooksOnly": false',
    ],
    ['claude-code', '/etc/claude-code/managed-settings.json', '"onFailure": "block"', '"onFailure": "allow"'],
    ['codex', '/etc/codex/requirements.toml', 'hooks = true # writ', 'hooks = false'],
    ['cursor', '/etc/cursor/hooks.json', '"failClosed": true', '"failClosed": false'],
  ])('is not enforced without what keeps it on: %s, %s, %s', async (client, path, key, other) => {
    await install('enforce', [client])
    const text = readFileSync(fileAt(path), 'utf8')
    expect(text).toContain(key)
    writeFileSync(fileAt(path), text.replace(key, other))
    const { finding } = await examined(client)
    expect(finding.state).toBe('observe')
    expect(finding.reasons).toEqual([`${path} does not say all that keeps the hooks on: install them again`])
  })

  it('is not enforced when the daemon only observes', async () => {
    machine = withDaemon('observe')
    await install('enforce', ['claude-code'])
    const { finding } = await examined('claude-code')
    expect([finding.state, ...finding.reasons]).toEqual([
      'observe',
      'the daemon only observes: the tenant or its policy says so',
    ])
  })

  it('is not enforced in a version that does not know the keys', async () => {
    await install('enforce', ['claude-code'])
    const { run } = machine
    machine = {
      ...machine,
      run: async (command, stdin) =>
        stdin === '' ? { exit: 0, stdout: '2.1.197 (Claude Code)', stderr: '' } : run(command, stdin),
    }
    const { finding } = await examined('claude-code')
    expect([finding.state, finding.version]).toEqual(['observe', '2.1.197'])
    expect(finding.reasons).toEqual([
      'version 2.1.197 does not keep hooks that fail closed: 2.1.329 or newer does',
    ])
  })
})

const other = (text: string): string => text.replaceAll(/[0-9a-f]{32}/g, '0'.repeat(32))

describe('the machine', () => {
  const real = createMachine(() => Promise.resolve(null))

  it('finds programs on the path, and says when there is none', async () => {
    expect(await real.program('node')).toMatch(/^\/.*\/node$/)
    expect(await real.program('writ-has-no-such-program')).toBeNull()
  })

  it('starts words and lines, and hands them what they are to read', async () => {
    expect(await real.run({ form: 'words', words: ['cat'] }, 'a')).toEqual({
      exit: 0,
      stdout: 'a',
      stderr: '',
    })
    expect(await real.run({ form: 'line', shell: 'sh', line: 'cat >&2; exit 2' }, 'b')).toEqual({
      exit: 2,
      stdout: '',
      stderr: 'b',
    })
    expect(await real.run({ form: 'words', words: ['/no/such/program'] }, '')).toMatchObject({
      exit: null,
      stdout: '',
    })
  })
})
