import { execFileSync } from 'node:child_process'
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { InventoryReport, nodeStatement } from '@writ/contracts'
import { Command } from 'commander'
import { cliConfig } from '../config.ts'
import { EXIT } from '../failure.ts'
import { AGENT, givenProfile } from '../given-profile.suite.ts'
import type { GivenServer, Seen } from '../given-server.suite.ts'
import { givenServer, json } from '../given-server.suite.ts'
import { addScanCommands } from '../scan-program.ts'
import type { Terminal } from '../terminal.ts'
import { nodeDisk } from './node-disk.ts'
import { withoutTexts } from './scan.ts'

const SECRET = randomBytes(24).toString('base64url')
const NODE = `nod_${'0'.repeat(26)}`

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-scan-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A home with these files. */
function givenHome(files: Readonly<Record<string, string>>): string {
  const home = mkdtempSync(join(folder, 'home-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true })
    writeFileSync(join(home, name), text, { mode: 0o600 })
  }
  return home
}
const CURSOR = '.cursor/mcp.json'
const server = (entry: object): string => JSON.stringify({ mcpServers: { one: entry } })
const LEAKY = { [CURSOR]: server({ command: 'x', env: { API_KEY: SECRET } }) }
const CLEAN = { [CURSOR]: server({ command: 'writ', args: ['connect', '--connection', 'tools'] }) }

type Scanned = { readonly exitCode: number; readonly out: string; readonly notes: string }

/** One command line, as the program runs it. */
async function scanned(args: readonly string[], writHome = join(folder, 'nowhere')): Promise<Scanned> {
  const [out, notes]: [string[], string[]] = [[], []]
  const terminal: Terminal = {
    json: args.includes('--json'),
    out: (text) => void out.push(text),
    note: (text) => void notes.push(text),
    pipes: () => {
      throw new Error('a scan speaks no protocol')
    },
    askSecret: () => null,
    openKeychain: () => Promise.resolve(null),
  }
  let exitCode: number = EXIT.fault
  const program = new Command('writ')
  const config = cliConfig({ WRIT_HOME: writHome, WRIT_KEY_STORE: 'file-0600' })
  addScanCommands(program, config, async (work) => {
    exitCode = await work(terminal)
  })
  for (const command of program.commands) command.option('--json', 'JSON', false)
  await program.parseAsync(['node', 'writ', 'scan', ...args])
  return { exitCode, out: out.join('\n'), notes: notes.join('\n') }
}
const reportIn = ({ out }: Scanned): InventoryReport => InventoryReport.parse(JSON.parse(out))

describe('writ scan', () => {
  it('answers no where a finding is of severity high, and shows it, but not the secret', async () => {
    const home = givenHome(LEAKY)
    const [table, asJson] = [await scanned(['--home', home]), await scanned(['--home', home, '--json'])]
    expect([table.exitCode, asJson.exitCode]).toEqual([EXIT.no, EXIT.no])
    expect(table.out).toContain('HIGH  a secret stands in the configuration as plain text')
    expect(table.out).toContain('one: env API_KEY')
    const { servers, findings } = reportIn(asJson)
    expect(servers).toMatchObject([
      { client: 'cursor', credentials: [{ kind: 'literal', last4: SECRET.slice(-4) }] },
    ])
    expect(findings[0]).toMatchObject({
      code: 'secret_in_file',
      place: { pointer: '/mcpServers/one/env/API_KEY' },
    })
    for (const { out, notes } of [table, asJson])
      for (const text of [out, notes]) expect(text).not.toContain(SECRET.slice(0, 8))
  })

  it('answers yes where there is none', async () => {
    const { exitCode, out } = await scanned(['--home', givenHome(CLEAN), '--json'])
    expect(exitCode).toBe(EXIT.ok)
    expect(reportIn({ exitCode, out, notes: '' }).servers).toMatchObject([{ way: 'writ' }])
  })

  it('looks at the places of another platform, and at workspaces that are named', async () => {
    const home = givenHome({ 'AppData/Roaming/Claude/claude_desktop_config.json': server({ command: 'x' }) })
    const shop = givenHome({ '.mcp.json': server({ command: 'y' }) })
    const { servers } = reportIn(
      await scanned(['--home', home, '--platform', 'win32', '--path', shop, '--json']),
    )
    expect(servers.map(({ client, target }) => [client, target])).toEqual([
      ['claude-desktop', 'x'],
      ['claude-code', 'y'],
    ])
  })

  it('says of hostile files why they were not read, in no time, and goes on', async () => {
    const home = givenHome({
      '.codex/config.toml': `a = ${SECRET}`,
      '.kiro/settings/mcp.json': `${'['.repeat(100_000)}"${SECRET}"`,
      '.lmstudio/mcp.json': server({ command: 'kept' }),
      '.gemini/x': '',
      '.copilot/x': '',
      '.codeium/windsurf/x': '',
      '.openclaw/openclaw.json': `{"__proto__": {"polluted": "${SECRET}"}, "mcpServers": {"constructor": {"command": "x"}}}`,
    })
    execFileSync('mkfifo', [join(home, '.gemini/settings.json')])
    symlinkSync('mcp-config.json', join(home, '.copilot/mcp-config.json'))
    symlinkSync('/dev/zero', join(home, '.codeium/windsurf/mcp_config.json'))
    symlinkSync('..', join(home, '.claude'))
    const startedMs = performance.now()
    const scan = await scanned(['--home', home, '--json'])
    expect(performance.now() - startedMs).toBeLessThan(10_000)
    const report = reportIn(scan)
    const problems = Object.fromEntries(
      report.problems.map(({ file, problem }) => [file.split('/').at(-2), problem]),
    )
    expect(problems).toMatchObject({
      '.codex': 'it is not valid TOML',
      settings: 'it is too deep or has too many values',
      '.gemini': 'it is no file',
      '.copilot': 'its links lead in a circle',
      windsurf: 'it is no file',
    })
    expect(report.servers.map(({ target }) => target)).toEqual(expect.arrayContaining(['kept', 'x']))
    expect(scan.out).not.toContain(SECRET.slice(0, 8))
  })

  it('starts nothing: a server that is named is not run', async () => {
    const trace = join(folder, 'was-run')
    const program = join(folder, 'server.sh')
    writeFileSync(program, `#!/bin/sh\ntouch ${trace}\n`)
    chmodSync(program, 0o755)
    const hooks = { hooks: { PreToolUse: [{ hooks: [{ type: 'command', command: program }] }] } }
    const home = givenHome({
      [CURSOR]: server({ command: program }),
      '.claude/settings.json': JSON.stringify(hooks),
    })
    const report = reportIn(await scanned(['--home', home, '--json']))
    expect([report.servers.length, report.hooks.length]).toEqual([1, 1])
    expect(existsSync(trace)).toBe(false)
  })

  it('hashes the same secret alike in one home, and otherwise in another, and never with nothing', async () => {
    const home = givenHome(LEAKY)
    const hash = async (writHome: string) => {
      mkdirSync(writHome, { recursive: true, mode: 0o700 })
      return reportIn(await scanned(['--home', home, '--json'], writHome)).servers[0]?.credentials[0]?.hash
    }
    const [one, other] = [join(folder, 'writ-one'), join(folder, 'writ-other')]
    expect(await hash(one)).toBe(await hash(one))
    expect(await hash(one)).not.toBe(await hash(other))
    expect(await hash(one)).not.toBe(createHash('sha256').update(SECRET).digest('hex').slice(0, 16))
  })
})

const joinedBy = ({ headers }: Seen, response: ServerResponse): void =>
  headers.dpop === undefined
    ? json(response, 400, {})
    : json(response, 201, {
        node: NODE,
        bundleKeys: [{ kid: 'k', publicKey: 'AAAA' }],
        tenant: { id: `ten_${'0'.repeat(26)}`, slug: 'demo' },
        agent: AGENT,
      })

/** A control plane that lets devices join and takes, or refuses, what they found. */
const controlPlane = (status: number): Promise<GivenServer> =>
  givenServer((seen, response) =>
    seen.path.endsWith('/join') ? joinedBy(seen, response) : json(response, status, {}),
  )
async function given(status: number): Promise<{ readonly plane: GivenServer; readonly writHome: string }> {
  const plane = await controlPlane(status)
  const writHome = mkdtempSync(join(folder, 'writ-'))
  await givenProfile(writHome, plane.origin)
  return { plane, writHome }
}

describe('a fault of the scan', () => {
  it('is told without anything of what was read', () => {
    const disk = { ...nodeDisk, read: () => fail() }
    const machine = { platform: 'linux', home: '/home/ana', workspaces: [], path: [] } as const
    const rest = { scannedAt: '', salt: new Uint8Array(1), gateways: [], isThisWrit: () => true }
    expect(() => withoutTexts({ disk, machine, ...rest })).toThrow(/^the scan came upon .* \(SyntaxError\)$/)
  })
})
const fail = (): never => {
  throw new SyntaxError(`cannot read ${SECRET}`)
}

describe('an upload', () => {
  it('is what was shown, signed by the node key that this machine joined with, and joins once', async () => {
    const { plane, writHome } = await given(204)
    const args = ['--home', givenHome(CLEAN), '--profile', 'default', '--json']
    const shown = await scanned(args, writHome)
    await scanned(args, writHome)
    await plane.stop()
    expect(shown.exitCode).toBe(EXIT.ok)
    expect(plane.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /t/demo/device/v1/join',
      'PUT /t/demo/device/v1/inventory',
      'PUT /t/demo/device/v1/inventory',
    ])
    const [joining, put] = plane.seen
    expect(JSON.parse(put?.body ?? '')).toEqual(reportIn(shown))
    expect(signatureHolds(put, JSON.parse(joining?.body ?? '').publicKey)).toBe(true)
  })

  it('never has a secret in it', async () => {
    const { plane, writHome } = await given(204)
    await scanned(['--home', givenHome(LEAKY), '--upload'], writHome)
    await plane.stop()
    expect(plane.seen).toHaveLength(2)
    for (const { body } of plane.seen) expect(body).not.toContain(SECRET.slice(0, 8))
    const salt = readFileSync(join(writHome, 'scan.salt'), 'utf8')
    for (const { body } of plane.seen) expect(body).not.toContain(salt)
  })

  it('that is refused is said after the report, and is neither yes nor no', async () => {
    const { plane, writHome } = await given(403)
    const { exitCode, out, notes } = await scanned(['--home', givenHome(LEAKY), '--upload'], writHome)
    await plane.stop()
    expect(exitCode).toBe(EXIT.unavailable)
    expect(out).toContain('1 MCP server;')
    expect(notes).toMatch(/did not take the inventory \(403\)/)
  })

  it('to nobody is said so', async () => {
    const { plane, writHome } = await given(204)
    await plane.stop()
    const { exitCode, notes } = await scanned(['--home', givenHome(CLEAN), '--upload'], writHome)
    expect([exitCode, notes]).toEqual([EXIT.unavailable, expect.stringContaining('does not answer')])
  })

  it('needs an agent that is enrolled', async () => {
    const { exitCode, notes } = await scanned(['--home', givenHome(CLEAN), '--profile', 'nobody'])
    expect([exitCode, notes]).toEqual([EXIT.misuse, expect.stringContaining('no profile `nobody`')])
  })

  it('is not made where nobody asked for one', async () => {
    const { plane, writHome } = await given(204)
    await scanned(['--home', givenHome(CLEAN)], writHome)
    await plane.stop()
    expect(plane.seen).toEqual([])
  })
})

function signatureHolds(put: Seen | undefined, publicKey: string): boolean {
  const [node, atMs, signature = ''] = String(put?.headers['writ-node']).split('.')
  const statement = nodeStatement({
    method: 'PUT',
    path: put?.path ?? '',
    atMs: Number(atMs),
    bodySha256: createHash('sha256')
      .update(put?.body ?? '')
      .digest('base64url'),
  })
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  return node === NODE && verify(null, Buffer.from(statement), key, Buffer.from(signature, 'base64url'))
}
