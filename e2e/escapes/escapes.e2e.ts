import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createSocket } from 'node:dgram'
import { createServer as createHttpServer } from 'node:http'
import type { Server as HttpServer } from 'node:http'
import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { scanFrames } from '@writ/audit'
import type { Escape } from './escapes.ts'
import { ESCAPES } from './escapes.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const WRIT = process.env['WRIT_E2E_PROGRAM'] ?? join(HERE, '../../apps/cli/bin/writ.mjs')

const POLICY = `
writ: 1
title: no keys
rules:
  - id: no-keys
    effect: deny
    on: [outbound]
    when:
      all:
        - { path: channel, op: eq, value: hooks }
        - { path: args.sure, op: has, value: credential_read }
    reason: Keys are not for agents.
`

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }
type Recorded = {
  readonly outcome: string
  readonly local: { readonly client: string; readonly hosts: readonly string[] } | null
}

const closing: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

/** Another address of this machine, and like the first of nobody else's. */
const OTHER = '127.0.0.2'

/** Why nothing can be tried here: then it is skipped, and never counts as held. */
const missing = whyNot()
if (missing !== null) console.warn(`not run: escapes from a sandbox: ${missing}`)
const held = missing === null ? describe : describe.skip

function whyNot(): string | null {
  if (process.platform !== 'linux') return 'this is not Linux'
  if (spawnSync('cc', ['--version']).status !== 0) return 'there is no C compiler for the probe'
  const home = mkdtempSync(join(tmpdir(), 'wn-'))
  const tried = spawnSync(process.execPath, [WRIT, 'run', '--', 'true'], {
    cwd: home,
    env: { ...process.env, HOME: home, WRIT_HOME: join(home, 'writ') },
    encoding: 'utf8',
  })
  rmSync(home, { recursive: true, force: true })
  return /there is no sandbox/.test(tried.stderr) ? tried.stderr.trim() : null
}

let variables: Record<string, string> = {}
let root = ''
let inside: ReadonlyMap<string, number> = new Map()
let receipt: { records: string; denied: readonly { what: string; reason: string }[] } | null = null
let reached: string[] = []

beforeAll(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'we-')))
  closing.push(() => rmSync(root, { recursive: true, force: true }))
  if (missing !== null) return
  layOut()
  await startOutside()
  writeScripts()
  read(await runInside())
}, 300_000)

function layOut(): void {
  for (const folder of ['ws/scripts', 'home/.ssh', 'outside', 'writ'])
    mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'home/.ssh/id_ed25519'), '-----BEGIN OPENSSH PRIVATE KEY-----\n')
  writeFileSync(join(root, 'home/.bashrc'), '\n')
  writeFileSync(join(root, 'outside/others.txt'), 'other\n')
  writeFileSync(join(root, 'ws/.env'), 'TOKEN=HUSH\n')
  writeFileSync(join(root, 'policy.yaml'), POLICY)
  spawnSync('git', ['init', '-q', join(root, 'ws')])
  writeFileSync(join(root, 'ws/ask.mjs'), readFileSync(join(HERE, 'ask.mjs')))
  spawnSync('cc', ['-O1', '-w', '-o', join(root, 'ws/probe'), join(HERE, 'probe.c')])
}

const hear = (name: string) => (socket: Socket) => {
  reached.push(name)
  socket.on('error', () => undefined)
  socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\npong'))
}

async function startOutside(): Promise<void> {
  const port = await listen(createServer(hear('loopback')), { host: '127.0.0.1', port: 0 })
  await listen(createServer(hear('another address')), { host: OTHER, port })
  const questions = createSocket('udp4', (_message, from) => questions.send('pong', from.port, from.address))
  questions.on('message', () => reached.push('datagram')).bind(port, '127.0.0.1')
  closing.push(() => questions.close())
  const port6 = await listen(createServer(hear('loopback6')), { host: '::1', port: 0 }).catch(() => port)
  await listen(createServer(hear('path')), { path: join(root, 'outside/outside.sock') })
  const abstract = `writ-escape-${process.pid}`
  await listen(createServer(hear('abstract')), { path: `\0${abstract}` })
  const listed = await listen(
    createHttpServer((request, response) => {
      if (request.url === '/elsewhere')
        response.writeHead(302, { location: `http://outside.writ:${port}/pong` }).end()
      else response.end('pong')
    }),
    { host: '127.0.0.1', port: 0 },
  )
  const holder = spawn('sleep', ['600'], { env: { TOKEN: 'HUSH' } })
  closing.push(() => holder.kill('SIGKILL'))
  variables = {
    PORT: String(port),
    PORT6: String(port6),
    LISTED: String(listed),
    ABSTRACT: abstract,
    ADDRESS: OTHER,
    OUT: join(root, 'outside'),
    HOME_OUTSIDE: join(root, 'home'),
    KEY: join(root, 'home/.ssh/id_ed25519'),
    ADMIN: join(root, 'writ'),
    PID: String(holder.pid),
    SELF: String(process.pid),
    PROBE: join(root, 'ws/probe'),
    ASK: `${process.execPath} ${join(root, 'ws/ask.mjs')}`,
    EVENT: JSON.stringify({
      session_id: 'nested',
      transcript_path: '/tmp/t.jsonl',
      cwd: join(root, 'ws'),
      permission_mode: 'default',
      hook_event_name: 'PreToolUse',
      tool_name: 'Bash',
      tool_use_id: 'toolu_1',
      tool_input: { command: `cat ${join(root, 'home/.ssh/id_ed25519')}` },
    }),
  }
}

const portOf = (address: ReturnType<Server['address']>): number =>
  typeof address === 'object' && address !== null ? address.port : 0

function listen(server: Server | HttpServer, at: object): Promise<number> {
  closing.push(() => server.close())
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, () => resolve(portOf(server.address())))
  })
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

function writeScripts(): void {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`)
  writeFileSync(join(root, 'ws/variables.sh'), `${lines.join('\n')}\n`)
  ESCAPES.forEach(({ attempt }, at) =>
    writeFileSync(scriptOf(at), `. ${join(root, 'ws/variables.sh')}\n${attempt}\n`),
  )
  const all = `cd ${join(root, 'ws')}; for at in $(seq 0 ${ESCAPES.length - 1}); do timeout 15 bash scripts/$at.sh > scripts/$at.out 2>&1 < /dev/null; echo "attempt $at $?"; done`
  writeFileSync(join(root, 'ws/all.sh'), all)
}

const scriptOf = (at: number): string => join(root, 'ws/scripts', `${at}.sh`)

function runInside(): Promise<Ended> {
  const { LISTED = '', PORT = '' } = variables
  const options = [
    '--policy',
    join(root, 'policy.yaml'),
    '--allow-host',
    `outside.writ:${LISTED}`,
    '--allow-host',
    `localhost:${LISTED}`,
  ]
  const words = ['run', ...options, '--json', '--', 'bash', join(root, 'ws/all.sh')]
  const env = {
    PATH: process.env['PATH'],
    HOME: join(root, 'home'),
    WRIT_HOME: join(root, 'writ'),
    HUSH_OUTER: 'HUSH_OUTER',
    LD_TRAP: PORT,
  }
  return ended(process.execPath, [WRIT, ...words], { cwd: join(root, 'ws'), env })
}

function ended(program: string, words: readonly string[], options: object): Promise<Ended> {
  const child = spawn(program, [...words], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (bytes: Buffer) => (stdout += bytes.toString('utf8')))
  child.stderr?.on('data', (bytes: Buffer) => (stderr += bytes.toString('utf8')))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }))
  })
}

function read({ code, stdout, stderr }: Ended): void {
  inside = new Map(
    [...stdout.matchAll(/^attempt (\d+) (\d+)$/gm)].map(([, at, exit]) => [
      ESCAPES[Number(at)]?.name ?? '',
      Number(exit),
    ]),
  )
  const last = stdout.trim().split('\n').at(-1) ?? ''
  if (code !== 0 || !last.startsWith('{'))
    throw new Error(`writ run ended with ${code}: ${stderr}${stdout.slice(-500)}`)
  receipt = JSON.parse(last)
}

const recorded = (): readonly Recorded[] =>
  readdirSync(receipt?.records ?? '')
    .filter((name) => name.endsWith('.spool'))
    .flatMap((name) => scanFrames(readFileSync(join(receipt?.records ?? '', name))).frames)
    .map(({ bytes }): Recorded => JSON.parse(bytes))

held('a sandbox', () => {
  it.each(ESCAPES)('holds against $name', ({ name }) => {
    expect(inside.get(name)).toBeGreaterThan(0)
    // that a probe was misused, or a program not found, would hold nothing
    expect([3, 126, 127]).not.toContain(inside.get(name))
  })

  it('lets nothing through to what runs outside', () => {
    expect(reached).toEqual([])
    expect(readdirSync(join(root, 'outside')).toSorted()).toEqual(['others.txt', 'outside.sock'])
    expect(readFileSync(join(root, 'home/.bashrc'), 'utf8')).toBe('\n')
  })

  it('leaves nothing of its own in the workspace', () => {
    const left = readdirSync(join(root, 'ws')).filter((name) => name.startsWith('.'))
    expect(left.toSorted()).toEqual(['.env', '.git'])
    expect(existsSync(join(root, 'ws/.git/commondir'))).toBe(false)
  })

  it('is not begun where a link was swapped in while it was made', async () => {
    // stands for another agent on the same workspace, at the worst moment
    const copy = join(root, 'writ/sandbox/bubblewrap/usr/bin/bwrap')
    const real = existsSync(copy)
      ? copy
      : spawnSync('sh', ['-c', 'command -v bwrap'], { encoding: 'utf8' }).stdout.trim()
    const [bin, guarded] = [join(root, 'bin'), join(root, 'ws/.vscode')]
    mkdirSync(bin)
    const swap = `if [ "$1" = --args ]; then rm -rf '${guarded}'; ln -s scripts '${guarded}'; fi`
    writeFileSync(join(bin, 'bwrap'), `#!/bin/sh\nPATH=/usr/bin:/bin\n${swap}\nexec '${real}' "$@"\n`, {
      mode: 0o755,
    })
    const run = await ended(process.execPath, [WRIT, 'run', '--', 'touch', join(root, 'ws/begun')], {
      cwd: join(root, 'ws'),
      env: { PATH: `${bin}:${process.env['PATH']}`, HOME: join(root, 'home'), WRIT_HOME: join(root, 'writ') },
    })
    expect(run.stderr).toMatch(/\.vscode was replaced while the sandbox was made; nothing was started/)
    expect([run.code, existsSync(join(root, 'ws/begun'))]).toEqual([2, false])
    rmSync(guarded)
  })

  it('is recorded in what it tried over the proxy', () => {
    const tried = ESCAPES.filter(({ recordedBy }) => recordedBy === 'proxy').length
    const refused = recorded().filter(
      ({ local, outcome }) => local?.client === 'sandbox' && outcome !== 'allow',
    )
    expect(refused.length).toBeGreaterThanOrEqual(tried)
    for (const host of [
      '127.0.0.1',
      '::1',
      '169.254.169.254',
      'unlisted.example',
      'localhost',
      'outside.writ',
    ])
      expect(refused.some(({ local }) => local?.hosts.includes(host))).toBe(true)
    expect(receipt?.denied.length).toBeGreaterThanOrEqual(tried)
  })

  it('is recorded in what a nested agent asked', () => {
    const denied = recorded().filter(
      ({ local, outcome }) => local?.client === 'claude-code' && outcome === 'deny',
    )
    expect(denied).toHaveLength(1)
  })
})

held('the attempts', () => {
  // in a folder that is thrown away, and with nothing to find in the real places
  const free = ESCAPES.map((escape, at) => ({ ...escape, at })).filter(
    ({ worksOutside }) => worksOutside === 'yes',
  )

  it.each(free)('work where nothing confines: $name', async ({ at }: Escape & { at: number }) => {
    const env = { ...process.env, ...variables, HOME: join(root, 'home'), HUSH_OUTER: 'HUSH_OUTER' }
    const { code } = await ended('bash', [scriptOf(at)], { cwd: join(root, 'ws'), env })
    expect(code).toBe(0)
  })
})
