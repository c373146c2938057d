import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { AgentView, BundleHooks, EnrolmentToken, PolicyView } from '@writ/contracts'
import { decodeReply, encodeAsk } from '@writ/hooks'
import type { HookReply } from '@writ/hooks'
import { z } from 'zod'
import type { Daemon, DaemonOptions } from '../apps/cli/src/daemon/daemon.ts'
import { openDaemon } from '../apps/cli/src/daemon/open-daemon.ts'
import { cliConfig } from '../apps/cli/src/config.ts'
import { keyStoresOf } from '../apps/cli/src/keys/key-stores.ts'
import { readProfile } from '../apps/cli/src/profile.ts'
import { eventually, storedRecords } from './drivers/ledger.ts'
import { MCP_HEADERS } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const WRIT = join(process.cwd(), 'apps/cli/bin/writ.mjs')
const run = promisify(execFile)
const HOUR_MS = 3_600_000

const RULES = [
  {
    id: 'no-keys',
    effect: 'deny',
    on: ['outbound'],
    when: { path: 'args.sure', op: 'has', value: 'credential_read' },
    reason: 'Keys are not for agents.',
  },
]

const bash = (command: string): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      session_id: 'c-1',
      transcript_path: '/tmp/t.jsonl',
      cwd: '/tmp',
      hook_event_name: 'PreToolUse',
      permission_mode: 'default',
      tool_name: 'Bash',
      tool_use_id: 'toolu_1',
      tool_input: { command },
    }),
  )

const exitOf = async (daemon: Daemon, command: string) =>
  (await daemon.ask('claude-code', bash(command))).exit

describe('the daemon of an enrolled agent', () => {
  let world: World
  let root: string
  const open: Daemon[] = []

  beforeAll(async () => {
    world = await startWorld({ redis: 'off' })
    root = mkdtempSync(join(tmpdir(), 'wd-'))
    const { admin, defaultGroup } = world.acme
    const document = { writ: 1, title: 'keys', rules: RULES }
    await admin.send('POST', 'policies', { name: 'keys', document, groups: [defaultGroup] }, PolicyView)
  }, 120_000)
  afterEach(async () => {
    for (const daemon of open.splice(0)) await daemon.close()
  }, 60_000)
  afterAll(async () => {
    await world.stop()
    rmSync(root, { recursive: true, force: true })
  }, 60_000)

  /** A new agent of Ada's on a machine of its own. */
  async function enrolled(name: string): Promise<{ home: string; agent: string }> {
    const { admin, human } = world.acme
    const { id: agent } = await admin.send('POST', 'agents', { name, human: human.id }, AgentView)
    const { token } = await admin.send('POST', `agents/${agent}/enrolment-tokens`, {}, EnrolmentToken)
    const home = join(root, name)
    const env = {
      PATH: process.env['PATH'],
      WRIT_HOME: home,
      WRIT_CONTROL_PLANE_URL: world.platform.controlPlaneUrl,
      WRIT_KEY_STORE: 'file-0600',
      WRIT_ENROLMENT_TOKEN: token,
    }
    await run(process.execPath, [WRIT, 'enrol', '--tenant', 'acme'], { env })
    return { home, agent }
  }

  async function daemonAt(home: string, more: Partial<DaemonOptions> = {}): Promise<Daemon> {
    const config = cliConfig({ WRIT_HOME: home, WRIT_KEY_STORE: 'file-0600' })
    const keys = keyStoresOf(config, { askSecret: () => null, openKeychain: () => Promise.resolve(null) })
    const stored = await readProfile(home, 'default', keys)
    const daemon = await openDaemon({
      config,
      source: { kind: 'tenant', stored, keys },
      sockets: null,
      proxyPort: 0,
      ...more,
    })
    open.push(daemon)
    return daemon
  }
  const closeAll = async () => {
    for (const daemon of open.splice(0)) await daemon.close()
  }

  it('joins, decides by the tenant’s policy, and is one session with what it signs for', async () => {
    const { home, agent } = await enrolled('one')
    const daemon = await daemonAt(home)
    expect(await daemon.whenReady()).toBe(true)
    expect(await exitOf(daemon, 'ls')).toBe(0)
    const reply = await daemon.ask('claude-code', bash('cat ~/.ssh/id_rsa'))
    expect(reply).toMatchObject({ exit: 2, stderr: expect.stringContaining('Keys are not for agents.') })

    const { proxyUrl, session } = daemon.status()
    const call = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'lookup_order', arguments: { order: 'O-1' } },
    }
    const init = { method: 'POST', headers: MCP_HEADERS, body: JSON.stringify(call) }
    expect(await (await fetch(`${proxyUrl}/tools/mcp`, init)).text()).toContain('two lamps')
    const composed = JSON.stringify({ ...call, params: { ...call.params, name: 'tools__lookup_order' } })
    expect(await (await fetch(`${proxyUrl}/mcp`, { ...init, body: composed })).text()).toContain('two lamps')
    for (const path of ['/tools/mcp', '/mcp'])
      expect((await fetch(new URL(proxyUrl ?? '').origin + path, init)).status).toBe(404)

    const records = await eventually('the records of both channels', async () => {
      const own = (await storedRecords(world, world.acme.id)).filter((record) => record.session === session)
      return new Set(own.map(({ channel }) => channel)).size === 2 && own.length >= 3 ? own : undefined
    })
    expect(new Set(records.map((record) => record.agent?.id))).toEqual(new Set([agent]))
    expect(records.find(({ outcome }) => outcome === 'deny')).toMatchObject({
      channel: 'hooks',
      local: { client: 'claude-code' },
      outbound: { matches: [{ rule: 'no-keys' }] },
    })
    await eventually(
      'nothing left on this machine',
      async () => daemon.status().recordsKept === 0 || undefined,
    )
  }, 120_000)

  it('obeys a change of policy, and the end of its agent, within seconds', async () => {
    const { home, agent } = await enrolled('two')
    const daemon = await daemonAt(home)
    await daemon.whenReady()
    expect(await exitOf(daemon, 'touch /tmp/x')).toBe(0)
    const { admin, defaultGroup } = world.acme
    const rules = [
      { ...RULES[0], id: 'no-touch', when: { path: 'args.programs', op: 'has', value: 'touch' } },
    ]
    const document = { writ: 1, title: 'touch', rules }
    await admin.send('POST', 'policies', { name: 'touch', document, groups: [defaultGroup] }, PolicyView)
    await eventually('the new policy', async () => (await exitOf(daemon, 'touch /tmp/x')) === 2 || undefined)
    await admin.send('POST', `agents/${agent}/revoke`, {}, AgentView)
    await eventually('nothing', async () => (await exitOf(daemon, 'ls')) === 2 || undefined)
  }, 120_000)

  it('refuses everything under a clock that is wrong by an hour', async () => {
    const { home } = await enrolled('three')
    const other = join(root, 'three-ahead')
    cpSync(home, other, { recursive: true })
    const behind = await daemonAt(home, { nowMs: () => Date.now() - HOUR_MS })
    const ahead = await daemonAt(other, { nowMs: () => Date.now() + HOUR_MS })
    await sleep(3000)
    expect([await exitOf(behind, 'ls'), await exitOf(ahead, 'ls')]).toEqual([2, 2])
    expect([behind.status().isReady, ahead.status().isReady]).toEqual([false, false])
  }, 120_000)

  describe('without the control plane', () => {
    let home: string
    beforeAll(async () => {
      ;({ home } = await enrolled('four'))
      const { admin } = world.acme
      await admin.send('PATCH', 'tenant/hooks', { offlineSeconds: 25 }, BundleHooks)
    }, 60_000)
    afterAll(async () => {
      await world.platform.controlPlane.restart()
    }, 60_000)

    it('goes on under its last word, over a restart, and then refuses everything; the records arrive later', async () => {
      const before = await daemonAt(home)
      await before.whenReady()
      expect(await exitOf(before, 'ls')).toBe(0)
      await eventually('the bundle of 25 s', async () => before.status().silentSeconds !== null || undefined)
      const { bundleVersion } = before.status()
      await sleep(6000)
      await world.platform.controlPlane.kill()
      const cutAtMs = Date.now()
      expect(await exitOf(before, 'ls')).toBe(0)
      await closeAll()

      const after = await daemonAt(home)
      expect(await after.whenReady()).toBe(true)
      expect(after.status().bundleVersion).toBe(bundleVersion)
      expect([await exitOf(after, 'ls'), await exitOf(after, 'cat ~/.ssh/id_rsa')]).toEqual([0, 2])
      await sleep(Math.max(0, cutAtMs + 35_000 - Date.now()))
      expect(await exitOf(after, 'ls')).toBe(2)
      expect(after.status()).toMatchObject({ isReady: false, trouble: expect.stringContaining('no word') })
      const kept = after.status().recordsKept
      expect(kept).toBeGreaterThanOrEqual(4)
      await closeAll()
      expect(await exitOf(await daemonAt(home), 'ls')).toBe(2)
      await world.platform.controlPlane.restart()
      const [last] = open
      await eventually('the records', async () => last?.status().recordsKept === 0 || undefined, 30_000)
      await eventually(
        'decisions again',
        async () => (last && (await exitOf(last, 'ls')) === 0) || undefined,
        30_000,
      )
    }, 180_000)

    it('keeps no key of a session on its disk', () => {
      const files = readdirSync(join(home, 'daemon'), { recursive: true, withFileTypes: true }).filter(
        (one) => one.isFile(),
      )
      expect(files.length).toBeGreaterThan(4)
      const keys = files.filter((one) =>
        readFileSync(join(one.parentPath, one.name), 'utf8').includes('PRIVATE KEY'),
      )
      expect(keys.map(({ name }) => name).sort()).toEqual(['lease.key', 'node.key'])
    })
  })

  it('as a process of its own answers hooks and signs for stdio clients, and killed it answers nobody', async () => {
    const { home } = await enrolled('five')
    const runtime = join(root, 'five-run')
    mkdirSync(runtime, { mode: 0o700 })
    const env = {
      PATH: process.env['PATH'],
      WRIT_HOME: home,
      WRIT_KEY_STORE: 'file-0600',
      XDG_RUNTIME_DIR: runtime,
    }
    const socket = join(runtime, 'writ/hook.sock')
    const start = async (): Promise<ChildProcess> => {
      const child = spawn(process.execPath, [WRIT, 'daemon', 'start', '--json'], {
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      await once(child.stdout, 'data')
      return child
    }
    const first = await start()
    expect(await asked(socket, 'ls')).toMatchObject({ exit: 0 })
    expect(await asked(socket, 'cat ~/.ssh/id_rsa')).toMatchObject({ exit: 2 })
    const status = z.object({ session: z.string(), isReady: z.literal(true) })
    const told = async () =>
      status.parse(
        JSON.parse((await run(process.execPath, [WRIT, 'daemon', 'status', '--json'], { env })).stdout),
      )
    const { session } = await told()

    const call = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'lookup_order', arguments: { order: 'O-1' } },
    }
    const client = spawn(process.execPath, [WRIT, 'connect', '--connection', 'tools'], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    client.stdin.end(`${JSON.stringify(call)}\n`)
    expect(await text(client.stdout)).toContain('two lamps')
    await eventually(
      'the call in the session of the daemon',
      async () =>
        (await storedRecords(world, world.acme.id)).some(
          (record) => record.session === session && record.channel === 'gateway',
        ) || undefined,
    )

    await kill(first)
    expect(await asked(socket, 'ls')).toBeNull()
    const second = await start()
    expect(await asked(socket, 'ls')).toMatchObject({ exit: 0 })
    expect((await told()).session).not.toBe(session)
    await kill(second)
  }, 120_000)
})

/** As the hook client does. Null: nobody answered. */
async function asked(path: string, command: string): Promise<HookReply | null> {
  const socket = createConnection(path)
  const bytes = new Promise<Buffer | null>((resolve) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.once('error', () => resolve(null))
    socket.once('close', () => resolve(Buffer.concat(chunks)))
  })
  socket.end(encodeAsk({ client: 'claude-code', payload: bash(command) }))
  const reply = await bytes
  return reply && decodeReply(reply)
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close')
  child.kill('SIGKILL')
  await ended
}
