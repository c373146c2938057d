import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { AgentView, EnrolmentToken, InventorySummary, InventoryView, pageOf } from '@writ/contracts'
import { cliConfig } from '../apps/cli/src/config.ts'
import { scan } from '../apps/cli/src/scan/scan.ts'
import type { Terminal } from '../apps/cli/src/terminal.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const WRIT = join(process.cwd(), 'apps/cli/bin/writ.mjs')
const run = promisify(execFile)
const SECRET = 'tulip-and-daffodil-1999'

describe('a scan of an enrolled machine', () => {
  let world: World
  let root: string

  beforeAll(async () => {
    world = await startWorld({ redis: 'off' })
    root = mkdtempSync(join(tmpdir(), 'ws-'))
  }, 120_000)
  afterAll(async () => {
    await world.stop()
    rmSync(root, { recursive: true, force: true })
  }, 60_000)

  async function enrolled(): Promise<{ writHome: string; agent: string }> {
    const { admin, human } = world.acme
    const { id: agent } = await admin.send('POST', 'agents', { name: 'scanned', human: human.id }, AgentView)
    const { token } = await admin.send('POST', `agents/${agent}/enrolment-tokens`, {}, EnrolmentToken)
    const writHome = join(root, 'writ')
    const env = {
      PATH: process.env['PATH'],
      WRIT_HOME: writHome,
      WRIT_CONTROL_PLANE_URL: world.platform.controlPlaneUrl,
      WRIT_KEY_STORE: 'file-0600',
      WRIT_ENROLMENT_TOKEN: token,
    }
    await run(process.execPath, [WRIT, 'enrol', '--tenant', 'acme'], { env })
    return { writHome, agent }
  }

  function givenServers(servers: object): void {
    mkdirSync(join(root, 'home/.cursor'), { recursive: true })
    writeFileSync(join(root, 'home/.cursor/mcp.json'), JSON.stringify({ mcpServers: servers }))
  }

  async function scanned(writHome: string): Promise<{ exitCode: number; notes: string }> {
    const notes: string[] = []
    const terminal: Terminal = {
      json: true,
      out: () => undefined,
      note: (text) => void notes.push(text),
      pipes: () => ({ input: process.stdin, output: process.stdout }),
      askSecret: () => null,
      openKeychain: () => Promise.resolve(null),
    }
    const config = cliConfig({ WRIT_HOME: writHome, WRIT_KEY_STORE: 'file-0600' })
    const home = join(root, 'home')
    const exitCode = await scan(
      config,
      { path: [], home, platform: 'linux', upload: 'default', searched: '' },
      terminal,
    )
    return { exitCode, notes: notes.join('\n') }
  }

  it('is shown to the tenant, with what is new in it, without a secret, until the device is revoked', async () => {
    const { writHome, agent } = await enrolled()
    const { admin } = world.acme
    givenServers({ mail: { command: 'npx', args: ['mail-mcp'], env: { MAIL_PASSWORD: SECRET } } })
    expect(await scanned(writHome)).toEqual({ exitCode: 1, notes: '' })
    givenServers({ files: { url: 'https://mcp.example/mcp', oauth: {} } })
    expect((await scanned(writHome)).notes).toBe('')

    const { items } = await admin.get('inventory', pageOf(InventorySummary))
    expect(items).toMatchObject([{ agent, platform: 'linux', servers: 1 }])
    const device = items[0]?.id ?? ''
    const shown = await admin.get(`inventory/${device}`, InventoryView)
    expect(shown.report.servers).toMatchObject([{ name: 'files', way: 'direct' }])
    expect(shown.changes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ change: 'server_added', subject: 'files' }),
        expect.objectContaining({ change: 'server_removed', subject: 'mail' }),
        expect.objectContaining({ change: 'finding_resolved', code: 'secret_in_file' }),
      ]),
    )
    expect(JSON.stringify(shown)).not.toContain(SECRET.slice(0, 8))

    await fetch(`${world.platform.controlPlaneUrl}/api/v1/devices/${device}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${admin.key}` },
    })
    expect(await scanned(writHome)).toMatchObject({ exitCode: 3, notes: expect.stringContaining('401') })
  })
})
