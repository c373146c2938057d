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
import type { Escape, Leaves } from './escapes.ts'
import { ESCAPES } from './escapes.ts'
import type { Ended, Receipt, Recorded } from './given-run.suite.ts'
import { endOf, missingForSandbox, recordsIn, WRIT } from './given-run.suite.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))

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

const closing: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

/** Another address of this machine, and like the first of nobody else's. */
const OTHER = '127.0.0.2'

/** Why nothing can be tried here: then it is skipped, and never counts as held. */
const missing = missingForSandbox()
if (missing !== null) console.warn(`not run: escapes from a sandbox: ${missing}`)
const held = missing === null ? describe : describe.skip

let variables: Record<string, string> = {}
let root = ''
let inside: ReadonlyMap<string, number> = new Map()
let receipt: Receipt | null = null
let records: readonly Recorded[] = []
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
    WS: join(root, 'ws'),
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

function runInside(): Promise<Omit<Ended, 'receipt'>> {
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
  return endOf(process.execPath, [WRIT, ...words], { cwd: join(root, 'ws'), env })
}

function read({ code, stdout, stderr }: Omit<Ended, 'receipt'>): void {
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
  records = recordsIn(receipt?.records ?? '')
}

/** Who says so in a record. */
const RECORDED_BY = {
  kernel: { client: 'sandbox', refusal: 'sandbox_refused' },
  proxy: { client: 'sandbox', refusal: 'connection_forbidden' },
  hook: { client: 'claude-code', refusal: 'policy_denied' },
} as const

type Recording = Exclude<Leaves, { by: 'nothing' }>

/** How often it is on record that this was refused. */
function timesRecorded({ by, action }: Recording): number {
  const { client, refusal } = RECORDED_BY[by]
  const wanted = new RegExp(
    `^${action
      .split('*')
      .map((part) => escaped(filled(part)))
      .join('.*')}$`,
  )
  return records
    .filter((record) => record.local?.client === client && record.refusal === refusal)
    .filter(({ outcome, channel }) => outcome === 'deny' && channel === 'hooks')
    .filter(({ action: { method, resource } }) => wanted.test(`${method} ${resource}`))
    .reduce((times, { local }) => times + (local?.times ?? 0), 0)
}

const filled = (text: string): string =>
  text.replace(/\$([A-Z0-9_]+)/g, (_, name: string) => variables[name] ?? '')
const escaped = (text: string): string => text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')

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
    const run = await endOf(process.execPath, [WRIT, 'run', '--', 'touch', join(root, 'ws/begun')], {
      cwd: join(root, 'ws'),
      env: { PATH: `${bin}:${process.env['PATH']}`, HOME: join(root, 'home'), WRIT_HOME: join(root, 'writ') },
    })
    expect(run.stderr).toMatch(/\.vscode was replaced while the sandbox was made; nothing was started/)
    expect([run.code, existsSync(join(root, 'ws/begun'))]).toEqual([2, false])
    rmSync(guarded)
  })

  const recording = ESCAPES.flatMap(({ name, leaves }) => (leaves.by === 'nothing' ? [] : [{ name, leaves }]))

  it.each(recording)('has a record of $name', ({ leaves }) => {
    // those that come down to the same action are counted in one record
    const same = recording.filter(
      (other) => other.leaves.by === leaves.by && other.leaves.action === leaves.action,
    )
    expect(timesRecorded(leaves)).toBeGreaterThanOrEqual(same.length)
  })

  it('has records of all but these, of which nothing was refused', () => {
    const silent = ESCAPES.filter(({ leaves }) => leaves.by === 'nothing').map(({ name }) => name)
    expect(silent).toEqual([
      'a secret in its own environment',
      'a program that gains rights',
      'a descriptor that was left open',
      'a start file of the shell in the home that stays',
      'settings of the client in the home that stay',
    ])
    expect(recording).toHaveLength(95)
  })

  it('tells of each in the receipt, with the decision that it is recorded as', () => {
    const proxied = ESCAPES.filter(({ leaves }) => leaves.by === 'proxy').length
    expect(receipt?.denied.length).toBeGreaterThanOrEqual(proxied)
    for (const { what, decisionId } of receipt?.refused ?? [])
      expect([what, decisionId]).toEqual([what, expect.stringMatching(/^dec_/)])
    expect(receipt?.refused).toContainEqual(
      expect.objectContaining({ what: `write ${join(root, 'outside/raced')}`, times: 200 }),
    )
  })
})

held('the attempts', () => {
  // in a folder that is thrown away, and with nothing to find in the real places
  const free = ESCAPES.map((escape, at) => ({ ...escape, at })).filter(
    ({ worksOutside }) => worksOutside === 'yes',
  )

  it.each(free)('work where nothing confines: $name', async ({ at }: Escape & { at: number }) => {
    const env = { ...process.env, ...variables, HOME: join(root, 'home'), HUSH_OUTER: 'HUSH_OUTER' }
    const { code } = await endOf('bash', [scriptOf(at)], { cwd: join(root, 'ws'), env })
    expect(code).toBe(0)
  })
})
