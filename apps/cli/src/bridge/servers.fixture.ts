import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Inside the clone, so that a server finds the SDKs. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** Stdio servers of the official SDKs, and some that do what none should, as programs in a folder of their own. */
export function givenServers(): {
  readonly run: (name: keyof typeof SOURCES) => readonly string[]
  readonly remove: () => void
} {
  const home = join(ROOT, '.writ')
  mkdirSync(home, { recursive: true })
  const folder = mkdtempSync(join(home, 'bridge-'))
  for (const [name, source] of Object.entries(SOURCES)) writeFileSync(join(folder, `${name}.mjs`), source)
  return {
    run: (name) => [process.execPath, join(folder, `${name}.mjs`)],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** SDK 1.x: the 2025 era, with requests of the server's own. */
const OLDER = `
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { z } from 'zod'
const text = (words) => ({ content: [{ type: 'text', text: words }] })
const server = new McpServer({ name: 'older', version: '1' }, { capabilities: { logging: {} } })
let calls = 0
server.registerTool('count', {}, () => text('call ' + (calls += 1) + ' of ' + process.pid))
server.registerTool('env', {}, () => text(Object.keys(process.env).filter((name) => name.startsWith('WRIT')).join(' ') + '|' + process.env.GIVEN))
server.registerTool('ask', {}, async ({ sendRequest }) => {
  const answer = await sendRequest({ method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } }, z.looseObject({ content: z.looseObject({ text: z.string() }) }))
  return text('heard ' + answer.content.text)
})
server.registerTool('steps', {}, async ({ sendNotification, _meta }) => {
  for (let progress = 1; progress <= 3; progress += 1) await sendNotification({ method: 'notifications/progress', params: { progressToken: _meta.progressToken, progress } })
  return text('done')
})
server.registerTool('wait', {}, ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => { console.error('was cancelled'); resolve(text('cancelled')) })))
server.registerTool('change', {}, () => { server.registerTool('late' + (calls += 1), {}, () => text('late')); return text('changed') })
server.registerTool('die', {}, () => process.exit(7))
await server.connect(new StdioServerTransport())
`

/** SDK 2.x: both eras. */
const NEWER = `
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'
const text = (words) => ({ content: [{ type: 'text', text: words }] })
serveStdio(() => {
  const server = new McpServer({ name: 'newer', version: '2' })
  server.registerTool('echo', { inputSchema: z.object({ say: z.string() }) }, ({ say }) => text(say + ' from ' + process.pid))
  server.registerTool('steps', {}, async (context) => {
    const token = context.mcpReq._meta?.progressToken
    for (let progress = 1; progress <= 3; progress += 1) await context.mcpReq.notify({ method: 'notifications/progress', params: { progressToken: token, progress } })
    return text('done')
  })
  server.registerTool('wait', {}, (context) => new Promise((resolve) => context.mcpReq.signal.addEventListener('abort', () => { console.error('was cancelled'); resolve(text('cancelled')) })))
  server.registerTool('die', {}, () => process.exit(7))
  return server
})
`

/** Talks of other things on stdout, and answers whatever it is asked. */
const CHATTY = `
import { createInterface } from 'node:readline'
console.log('Welcome to the chatty server')
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  console.log('{"not":"a message"}')
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: method === 'initialize' ? { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'chatty', version: '1' } } : { n: 1 } }))
})
`

/** Writes a line without end. */
const ENDLESS = `
process.stdin.once('data', () => {
  const write = () => { while (process.stdout.write('x'.repeat(65536))); process.stdout.once('drain', write) }
  write()
})
`

/** Ends at once. */
const BROKEN = `process.exit(3)`

/** Does not mind being told to end, and has a process of its own. */
const STUBBORN = `
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
process.on('SIGTERM', () => undefined)
const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
setInterval(() => {}, 1000)
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id } = JSON.parse(line)
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'stubborn', version: String(child.pid) } } }))
})
`

/** Leaves a process behind, and ends by itself at the second line. */
const LEAVING = `
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
let lines = 0
createInterface({ input: process.stdin }).on('line', (line) => {
  if ((lines += 1) > 1) process.exit(0)
  console.log(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(line).id, result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'leaving', version: String(child.pid) } } }))
})
`

/** Of the 2026 era: says things of no request while it works. */
const GOSSIP = `
import { createInterface } from 'node:readline'
const say = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }))
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) return
  say({ method: 'notifications/message', params: { level: 'info', data: 'gossip about another' } })
  if (params?._meta?.progressToken !== undefined) say({ method: 'notifications/progress', params: { progressToken: params._meta.progressToken, progress: 1 } })
  say({ id, result: method === 'server/discover' ? { supportedVersions: ['2026-07-28'], capabilities: {} } : { resultType: 'complete', content: [] } })
})
`

const SOURCES = {
  older: OLDER,
  newer: NEWER,
  chatty: CHATTY,
  endless: ENDLESS,
  broken: BROKEN,
  stubborn: STUBBORN,
  leaving: LEAVING,
  gossip: GOSSIP,
}
