// Real clients, one after the other, call a tool of the fixture through the signing proxy of an agent and a gateway.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFixture } from './fixture/server.mjs'
import { programOf } from './mcp-clients/fetch.mjs'
import { MCP_CLIENTS } from './mcp-clients/table.mjs'
import { answering, newTenant, recordsAfter, startGateways, startProxy } from './server-world.mjs'

const LIMIT_MS = 60_000

export async function measure({ say, running }) {
  return measureClients({ ...(await startGateways({ count: 1, say, running })), say, running })
}

/** @param {{ platform: import('../local/platform.d.mts').Platform, gateway: string, names?: string[], say: Function, running: object }} about */
export async function measureClients({ platform, gateway, names = Object.keys(MCP_CLIENTS), say, running }) {
  const key = `key_${randomBytes(16).toString('hex')}`
  const fixture = await startFixture({ key })
  running.add('fixture', fixture.close)
  const slug = `clients-${randomBytes(2).toString('hex')}`
  const tenant = await newTenant(platform, { slug, url: fixture.keyedUrl, key })
  const { controlPlaneUrl } = platform
  const { agent, url } = await startProxy({ gateway, controlPlaneUrl, tenant, running })
  await answering(url)
  const results = []
  for (const name of names) {
    const result = await resultOf(name, { tenant, agent, url, fixture })
    say(`${result.name}: ${result.detail}`)
    results.push(result)
  }
  return results
}

async function resultOf(name, world) {
  const row = { name: `clients.${name}`, unit: 'runs passed', target: '>= 1' }
  const { title } = MCP_CLIENTS[name]
  try {
    const program = programOf(name)
    const missed = await missedBy(name, program, world)
    const detail =
      missed.length === 0 ? `${title}: lists, calls, is on record` : `${title}: ${missed.join('; ')}`
    return { ...row, value: missed.length === 0 ? 1 : 0, holds: missed.length === 0, detail }
  } catch (error) {
    return { ...row, value: null, holds: null, detail: `not run: ${error.message}` }
  }
}

/** What was not as it should be, seen from the client, the server and the ledger. */
async function missedBy(name, program, { tenant, agent, url, fixture }) {
  const calls = () => fixture.seen().filter(({ method }) => method === 'tools/call')
  const recorded = async () => {
    const records = await recordsAfter([], { tenant, agent, wanted: fixture.seen().length })
    return records.filter(({ action }) => action?.method === 'tools/call' && action.tool === 'greet')
  }
  const [before, callsBefore] = [await recorded(), calls().length]
  const { code, said } = await ran(program, url)
  const [records, seen] = [(await recorded()).slice(before.length), calls().slice(callsBefore)]
  const { version } = MCP_CLIENTS[name]
  return [
    code !== 0 && `it ended with ${code}: ${said.slice(-500)}`,
    !said.includes('Hello, Ada!') && `no answer of the tool in ${said.slice(-500)}`,
    seen.length !== 1 && `the server saw ${seen.length} calls`,
    seen.some((call) => call.version !== version) && `it spoke ${seen[0]?.version} and not ${version}`,
    records.length !== 1 && `${records.length} records of the call`,
    records.some(({ outcome }) => outcome !== 'allow') && `recorded as ${records[0]?.outcome}`,
  ].filter((words) => words !== false)
}

async function ran(program, url) {
  const home = mkdtempSync(join(tmpdir(), 'writ-client-home-'))
  const [command, ...args] = program.map((word) => word.replace('{url}', url))
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, HOME: home, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  const words = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => words.push(chunk))
  const code = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', resolve)
  })
  rmSync(home, { recursive: true, force: true })
  return { code, said: Buffer.concat(words).toString().trim() }
}
