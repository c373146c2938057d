import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { ConnectionView } from '@writ/contracts'
import { z } from 'zod'
import { stateDirectory } from '../tools/state.mjs'
import { eventually } from './drivers/ledger.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const WRIT = join(process.cwd(), 'apps/cli/bin/writ.mjs')
const EVERYTHING = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js',
)

const BOTH_ERAS = `
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
serveStdio(() => {
  const server = new McpServer({ name: 'both', version: '2' })
  server.registerTool('whoami', {}, () => ({ content: [{ type: 'text', text: 'process ' + process.pid }] }))
  return server
})
`

describe('stdio servers behind a gateway', () => {
  let world: World
  let agent: EnrolledAgent
  let home: string
  let folder: string
  const bridges: Bridge[] = []

  beforeAll(async () => {
    world = await startWorld({ redis: 'required' })
    agent = await world.acme.enrol()
    home = mkdtempSync(join(tmpdir(), 'writ-bridge-'))
    folder = mkdtempSync(join(stateDirectory(), 'bridge-'))
    writeFileSync(join(folder, 'both.mjs'), BOTH_ERAS)
    await connected('everything', [EVERYTHING, 'stdio'])
    await connected('both', [join(folder, 'both.mjs')])
  }, 120_000)
  afterAll(async () => {
    for (const { process: bridge } of bridges) bridge.kill('SIGTERM')
    await world.stop()
    for (const place of [home, folder]) rmSync(place, { recursive: true, force: true })
  }, 60_000)

  async function connected(name: string, server: readonly string[]): Promise<void> {
    const bridge = await startBridge(home, name, server)
    bridges.push(bridge)
    const credential = {
      kind: 'api-key',
      header: 'x-api-key',
      secret: readFileSync(bridge.secretFile, 'utf8').trim(),
    }
    await world.acme.admin.send(
      'POST',
      'connections',
      { name, url: bridge.url, credential, groups: [world.acme.defaultGroup] },
      ConnectionView,
    )
    await eventually(`the connection ${name}`, async () => {
      const answer = await agent.session.fetch(urlOf(name), { method: 'DELETE', headers: {} })
      return answer.status === 404 ? undefined : answer
    })
  }

  const urlOf = (connection: string): string => `${world.platform.gatewayUrls[0]}/acme/${connection}/mcp`
  const signing = (): typeof fetch => (url, init) => {
    const body = typeof init?.body === 'string' ? new TextEncoder().encode(init.body) : undefined
    return agent.session.fetch(new URL(url instanceof Request ? url.url : url).href, {
      method: init?.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init?.headers)),
      ...(body ? { body } : {}),
      ...(init?.signal ? { signal: init.signal } : {}),
    })
  }

  it.each(['/acme/everything/mcp', '/acme/mcp'])(
    'a client of the 2025 era uses the reference server at %s',
    async (path) => {
      const client = new Client({ name: 'test', version: '1' }, { capabilities: { sampling: {} } })
      client.setRequestHandler(CreateMessageRequestSchema, async () => ({
        model: 'm',
        role: 'assistant',
        content: { type: 'text', text: 'sampled here' },
      }))
      await client.connect(
        new StreamableHTTPClientTransport(new URL(`${world.platform.gatewayUrls[0]}${path}`), {
          fetch: signing(),
        }),
      )
      try {
        const { tools } = await client.listTools()
        const named = (tool: string) =>
          tools.find(({ name }) => name === tool || name === `everything__${tool}`)?.name ?? tool
        expect(
          JSON.stringify(
            await client.callTool({ name: named('echo'), arguments: { message: 'over a pipe' } }),
          ),
        ).toContain('over a pipe')
        const steps: number[] = []
        await client.callTool(
          { name: named('trigger-long-running-operation'), arguments: { duration: 1, steps: 3 } },
          undefined,
          {
            onprogress: ({ progress }) => steps.push(progress),
          },
        )
        expect(steps).toEqual([1, 2, 3])
        const sampled = await client.callTool({
          name: named('trigger-sampling-request'),
          arguments: { prompt: 'x', maxTokens: 5 },
        })
        expect(JSON.stringify(sampled)).toContain('sampled here')
      } finally {
        await client.close()
      }
    },
    60_000,
  )

  it('a client of the 2026 era uses a server of both', async () => {
    const client = new ModernClient(
      { name: 'test', version: '2' },
      { capabilities: {}, versionNegotiation: { mode: 'auto' } },
    )
    await client.connect(new ModernTransport(new URL(urlOf('both')), { fetch: signing() }))
    try {
      expect(JSON.stringify(await client.callTool({ name: 'whoami' }))).toContain('process ')
    } finally {
      await client.close()
    }
  }, 60_000)

  it('nobody uses one past the gateway', async () => {
    for (const { url } of bridges)
      expect(
        (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }))
          .status,
      ).toBe(401)
  })

  it('a bridge that is told to stop ends with its servers', async () => {
    const bridge = bridges.pop()
    bridge?.process.kill('SIGTERM')
    expect(bridge && (await once(bridge.process, 'exit'))).toEqual([0, null])
  }, 20_000)
})

type Bridge = { readonly process: ChildProcess; readonly url: string; readonly secretFile: string }

const Started = z.object({ url: z.string(), secretFile: z.string() })

async function startBridge(home: string, name: string, server: readonly string[]): Promise<Bridge> {
  const args = [
    WRIT,
    'bridge',
    '--json',
    '--listen',
    '0',
    '--secret-file',
    join(home, name),
    '--',
    process.execPath,
    ...server,
  ]
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'] ?? '', WRIT_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await eventually('the bridge', async () => (said.endsWith('\n') ? said : undefined))
  return { process: child, ...Started.parse(JSON.parse(said)) }
}
