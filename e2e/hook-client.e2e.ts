import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import { decodeAsk, denialOf, encodeReply, HOOK_CLIENTS, NO_ANSWER, passOf } from '@writ/hooks'
import * as fc from 'fast-check'
import { buildHookClient } from '../tools/local/hook-client.mjs'

// The real programs against a socket that answers as each test says. Beside each other: the one in C, and the one in JavaScript.

const isRoot = process.getuid?.() === 0
const hasCompiler = ['cc', 'gcc', 'clang', 'musl-gcc'].some(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
)
const folder = mkdtempSync(join(tmpdir(), 'writ-hook-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const stops: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const EVENT = JSON.stringify({ hook_event_name: 'PreToolUse', session_id: 's' })
const ALLOW = encodeReply({ exit: 0, stdout: '{}', stderr: '' })
const DENY = encodeReply({ exit: 2, stdout: '{"decision":"block","reason":"r"}', stderr: 'r\n' })

type Said = { code: number | null; signal: string | null; stdout: string; stderr: string; ms: number }
type Run = {
  args?: readonly string[]
  env?: Record<string, string>
  stdin?: string | Uint8Array
  uid?: number
  shell?: string
}

async function run(
  program: string,
  { args = ['claude-code'], env = {}, stdin = EVENT, uid, shell }: Run,
): Promise<Said> {
  const begun = performance.now()
  const ids = uid === undefined ? {} : { uid, gid: uid }
  const child = shell
    ? spawn('/bin/sh', ['-c', shell, program, ...args], { env, cwd: '/', ...ids })
    : spawn(program, args, { env, cwd: '/', ...ids })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  const [code, signal] = await new Promise<[number | null, string | null]>((done) => {
    child.once('close', (exit, by) => done([exit, by]))
  })
  return { code, signal, stdout, stderr, ms: performance.now() - begun }
}

/** Starts a daemon that hands each whole ask to `reply`; it closes after what it wrote. */
async function daemon(
  reply: Uint8Array | ((socket: Socket, ask: Buffer) => void),
): Promise<Record<string, string>> {
  const path = join(mkdtempSync(join(folder, 'd')), 'hook.sock')
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = []
    open.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('end', () => {
      if (typeof reply === 'function') reply(socket, Buffer.concat(chunks))
      else socket.end(reply)
    })
  })
  await new Promise<void>((done) => {
    server.listen(path, done)
  })
  stops.push(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return { WRIT_HOOK_SOCKET: path }
}

const head = (length: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(length)
  return bytes
}
const body = (...bytes: readonly (number | string)[]): Buffer => {
  const all = Buffer.concat(bytes.map((one) => (typeof one === 'string' ? Buffer.from(one) : Buffer.of(one))))
  return Buffer.concat([head(all.length), all])
}
const replyOf = (exit: number, stdout: string, stderr: string): Uint8Array =>
  encodeReply({ exit, stdout, stderr })

const nothing = (): void => {}

const denied = (said: Said): void => {
  expect(said.signal).toBeNull()
  expect(said.code).toBe(2)
  expect(said.stderr).toMatch(/^writ-hook: \S/)
  expect(JSON.parse(said.stdout)).toEqual(denialOf('claude-code', NO_ANSWER))
}

const kinds = [...(hasCompiler ? (['native'] as const) : []), 'node' as const]

describe.each(kinds)('the %s hook client', (kind) => {
  const { path: program } = buildHookClient({ dir: join(folder, kind), kind })

  it.each([
    ['an allow', ALLOW, { code: 0, stdout: '{}', stderr: '' }],
    ['a deny', DENY, { code: 2, stdout: '{"decision":"block","reason":"r"}', stderr: 'r\n' }],
    [
      'an ask',
      encodeReply({ exit: 0, stdout: '{"a":[1.5e3,"\\u00e9",null]}\n', stderr: 'é' }),
      { code: 0, stdout: '{"a":[1.5e3,"\\u00e9",null]}\n', stderr: 'é' },
    ],
  ])('hands on %s to the letter', async (_what, reply, said) => {
    expect(await run(program, { env: await daemon(reply) })).toMatchObject(said)
  })

  it('hands the bytes of the event and the name of the client to the daemon', async () => {
    let asked: ReturnType<typeof decodeAsk> = null
    const env = await daemon((socket, ask) => {
      asked = decodeAsk(ask)
      socket.end(ALLOW)
    })
    const stdin = Buffer.from([0x7b, 0xff, 0x00, 0x0a, 0x7d])
    expect((await run(program, { env, stdin, args: ['gemini-cli'] })).code).toBe(0)
    expect(asked).toEqual({ client: 'gemini-cli', payload: stdin })
  })

  const FAULTS: readonly (readonly [string, Uint8Array])[] = [
    ['nothing', Buffer.alloc(0)],
    ['half a length', ALLOW.subarray(0, 2)],
    ['half an answer', ALLOW.subarray(0, -1)],
    ['one byte too many', Buffer.concat([ALLOW, Buffer.of(0x20)])],
    ['two answers', Buffer.concat([ALLOW, ALLOW])],
    ['a length of nothing', head(0)],
    ['a length too short for an answer', body(0, 0, 0, 0)],
    ['a length beyond the bound', Buffer.concat([head(0xffffffff), Buffer.from('{}')])],
    ['a stdout longer than the frame', body(0, 0, 0, 0, 3, '{}')],
    ['a stdout of four gigabytes', body(0, 0xff, 0xff, 0xff, 0xff, '{}')],
    ['exit code 1', replyOf(1, '{}', 'r')],
    ['exit code 255', replyOf(255, '{}', 'r')],
    ['a deny without a reason', replyOf(2, '{"decision":"block"}', '')],
    ['a deny with a blank reason', replyOf(2, '{"decision":"block"}', ' \n\t\0')],
    ['an allow without JSON', replyOf(0, '', '')],
    ['an allow in plain text', replyOf(0, 'allow', '')],
    ['an allow with cut JSON', replyOf(0, '{"permission":"al', '')],
    ['an allow with two objects', replyOf(0, '{}{}', '')],
    ['an allow with a list', replyOf(0, '[]', '')],
    ['an allow with loose JSON', replyOf(0, "{'a':1,}", '')],
    ['an allow with a control character', replyOf(0, '{"a":"\n"}', '')],
    ['a deny with plain text', replyOf(2, 'no', 'r')],
    ['an allow of depth 100', replyOf(0, `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`, '')],
  ]
  const faults = kind === 'native' ? FAULTS : FAULTS.filter(([what]) => !what.includes('depth'))

  it.each(faults)('denies when the daemon says %s', async (_what, bytes) => {
    denied(await run(program, { env: await daemon(bytes) }))
  })

  it('denies when the daemon closes before it was asked, or breaks off', async () => {
    const path = join(mkdtempSync(join(folder, 'd')), 's')
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((done) => {
      server.listen(path, done)
    })
    stops.push(() => void server.close())
    denied(await run(program, { env: { WRIT_HOOK_SOCKET: path } }))
    denied(await run(program, { env: await daemon((socket) => socket.destroy()) }))
  })

  it('takes no longer than its deadline, however slowly it is answered', async () => {
    const dripping = await daemon((socket) => {
      let at = 0
      const timer = setInterval(() => {
        socket.write(DENY.subarray(at, at + 1))
        at += 1
      }, 150)
      socket.on('close', () => clearInterval(timer))
    })
    const silent = await daemon(() => {})
    const [drip, silence] = await Promise.all([dripping, silent].map((env) => run(program, { env })))
    for (const said of [drip, silence]) {
      if (said === undefined) throw new Error('it was not run')
      denied(said)
      expect(said.stderr).toContain('in time')
      expect(said.ms).toBeGreaterThan(1500)
      expect(said.ms).toBeLessThan(4000)
    }
  })

  it('denies when the client never ends the event', async () => {
    const said = await run(program, { env: await daemon(ALLOW), shell: 'sleep 4 | "$0" "$@"' })
    denied(said)
  })

  it('takes an event of just 8 MiB, and denies a larger one after it has read all of it', async () => {
    const most = 8 * 1024 * 1024 - 'claude-code\n'.length
    const env = await daemon(ALLOW)
    expect((await run(program, { env, stdin: Buffer.alloc(most, 0x20) })).code).toBe(0)
    const said = await run(program, { env, stdin: Buffer.alloc(most + 1, 0x20) })
    denied(said)
    expect(said.stderr).toContain('8 MiB')
    denied(await run(program, { env, stdin: Buffer.alloc(20 * 1024 * 1024, 0x20) }))
  })

  it('waits for an event on a file that does not block', async () => {
    const path = made('pipe', (fifo) => void spawnSync('mkfifo', [fifo]))
    const stdin = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const child = spawn(program, ['codex'], { env: await daemon(ALLOW), stdio: [stdin, 'ignore', 'ignore'] })
    const writer = openSync(path, constants.O_WRONLY)
    setTimeout(() => {
      writeSync(writer, EVENT)
      closeSync(writer)
      closeSync(stdin)
    }, 300)
    expect(await new Promise((done) => child.once('close', done))).toBe(0)
  })

  it('hands on an answer of several megabytes', async () => {
    const stdout = JSON.stringify({ a: 'x'.repeat(5_000_000) })
    const said = await run(program, { env: await daemon(encodeReply({ exit: 0, stdout, stderr: '' })) })
    expect([said.code, said.stdout.length]).toEqual([0, stdout.length])
  })

  it.each([
    ['there is no socket', () => join(folder, 'nothing')],
    ['a file is there instead', () => made('file', (path) => writeFileSync(path, 'x'))],
    ['a folder is there instead', () => made('folder', (path) => mkdirSync(path))],
    ['its path is too long', () => `/${'x'.repeat(200)}`],
    ['its path depends on where the client runs', () => 'hook.sock'],
  ])('denies when %s', async (_what, path) => {
    denied(await run(program, { env: { WRIT_HOOK_SOCKET: path() } }))
  })

  it('denies when the socket is a link to one', async () => {
    const { WRIT_HOOK_SOCKET } = await daemon(ALLOW)
    const path = made('link', (link) => symlinkSync(WRIT_HOOK_SOCKET ?? '', link))
    denied(await run(program, { env: { WRIT_HOOK_SOCKET: path } }))
  })

  it('denies when nobody listens any more', async () => {
    const path = join(mkdtempSync(join(folder, 'd')), 's')
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', script])
    expect(existsSync(path)).toBe(true)
    denied(await run(program, { env: { WRIT_HOOK_SOCKET: path } }))
  })

  it('looks for the socket where it is told, then in the run-time directory, and never below $HOME', async () => {
    const { WRIT_HOOK_SOCKET: path = '' } = await daemon(ALLOW)
    const runtime = mkdtempSync(join(folder, 'r'))
    mkdirSync(join(runtime, 'writ'))
    mkdirSync(join(runtime, '.writ'))
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.resume().end(DENY))
    const squatted = createServer({ allowHalfOpen: true }, (socket) => socket.resume().end(ALLOW))
    for (const [one, at] of [
      [server, 'writ'],
      [squatted, '.writ'],
    ] as const)
      await new Promise<void>((done) => {
        one.listen(join(runtime, at, 'hook.sock'), done)
        stops.push(() => void one.close())
      })
    const env = { XDG_RUNTIME_DIR: runtime, HOME: runtime }
    expect((await run(program, { env })).stderr).toBe('r\n')
    expect((await run(program, { env: { ...env, WRIT_HOOK_SOCKET: path } })).code).toBe(0)
    const told = {
      env: { ...env, WRIT_HOOK_SOCKET: join(folder, 'nothing') },
      args: ['--socket', path, 'codex'],
    }
    expect((await run(program, told)).code).toBe(0)
    if (!existsSync(join(process.env['HOME'] ?? '/root', '.writ/hook.sock')))
      denied(await run(program, { env: { HOME: runtime } }))
  })

  ;(isRoot ? it : it.skip)('denies when another user squats on the socket', async () => {
    const env = await squatter(65534)
    const said = await run(program, { env, uid: 1000 })
    denied(said)
    expect(said.stderr).toContain('socket belongs to another user')
  })

  ;(isRoot ? it : it.skip)(
    'built for a daemon with a user of its own, takes no answer from its own user',
    async () => {
      const { path } = buildHookClient({ dir: join(folder, `${kind}-owned`), kind, ownerUid: 65534 })
      expect((await run(path, { env: await squatter(65534), uid: 1000 })).code).toBe(0)
      denied(await run(path, { env: await squatter(1000), uid: 1000 }))
      expect((await run(program, { env: await squatter(1000), uid: 1000 })).code).toBe(0)
    },
  )

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)(
    'denies when it is stopped by %s',
    async (signal) => {
      let asked: () => void = nothing
      const isAsked = new Promise<void>((done) => {
        asked = done
      })
      const env = await daemon(() => asked())
      const child = spawn(program, ['codex'], { env })
      let [stdout, stderr] = ['', '']
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
      child.stdin.end(EVENT)
      await isAsked
      child.kill(signal)
      const code = await new Promise((done) => {
        child.once('close', (exit, by) => done(exit ?? by))
      })
      expect([code, JSON.parse(stdout)]).toEqual([2, denialOf('codex', NO_ANSWER)])
      expect(stderr).toContain('signal')
    },
  )

  it('denies when nobody reads an allow', async () => {
    const said = await run(program, {
      env: await daemon(ALLOW),
      shell: 'exec "$0" "$@" | exec 0<&-; echo over',
    })
    expect(said.stdout).toBe('over\n')
    const env = await daemon((socket) => setTimeout(() => socket.end(ALLOW), 300))
    const child = spawn(program, ['codex'], { env })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.stdout.destroy()
    child.stdin.end(EVENT)
    const code = await new Promise((done) => {
      child.once('close', done)
    })
    expect([code, stderr]).toEqual([2, expect.stringContaining('nobody reads')])
  })

  it.each([[[]], [['claude']], [['codex', 'cursor']], [['--observe']], [['--socket']]])(
    'denies when it is called with %j',
    async (args) => {
      const said = await run(program, { args, env: await daemon(ALLOW) })
      expect(said.code).toBe(2)
      expect(said.stderr).toContain('usage')
      expect(JSON.parse(said.stdout)).toMatchObject({ decision: 'block', reason: expect.stringMatching(/./) })
    },
  )

  it.each(HOOK_CLIENTS)(
    'denies for %s in words that this client reads, and passes when it only observes',
    async (client) => {
      const env = { WRIT_HOOK_SOCKET: join(folder, 'nothing') }
      const enforced = await run(program, { env, args: [client] })
      expect([enforced.code, JSON.parse(enforced.stdout)]).toEqual([2, denialOf(client, NO_ANSWER)])
      const observed = await run(program, { env, args: ['--observe', client] })
      expect([observed.code, JSON.parse(observed.stdout)]).toEqual([0, passOf(client)])
      expect(observed.stderr).toContain('not enforced')
    },
  )

  it('denies what the daemon denies even when it only observes', async () => {
    expect((await run(program, { env: await daemon(DENY), args: ['--observe', 'codex'] })).code).toBe(2)
  })
})

;(hasCompiler ? describe : describe.skip)('the hook client in C', () => {
  it('is not opened by closed standard files', async () => {
    const { path } = buildHookClient({ dir: join(folder, 'native'), kind: 'native' })
    const env = await daemon(ALLOW)
    for (const closed of ['0<&-', '1>&-', '0<&- 1>&-', '0<&- 1>&- 2>&-'])
      expect([closed, (await run(path, { env, shell: `exec "$0" "$@" ${closed}` })).code]).toEqual([
        closed,
        2,
      ])
    expect((await run(path, { env, shell: 'exec "$0" "$@" 2>&-' })).code).toBe(0)
  })

  ;(isRoot ? it : it.skip)(
    'denies when the file is of the right user and the process behind it is not',
    async () => {
      const { path } = buildHookClient({ dir: join(folder, 'native'), kind: 'native' })
      const env = await squatter(65534)
      chownSync(env['WRIT_HOOK_SOCKET'] ?? '', 1000, 1000)
      const said = await run(path, { env, uid: 1000 })
      denied(said)
      expect(said.stderr).toContain('the daemon belongs to another user')
    },
  )

  it('is built again when its source is newer, and not otherwise', () => {
    const dir = join(folder, 'native')
    const seen = () => spawnSync('stat', ['-c', '%Y %i', join(dir, 'writ-hook')], { encoding: 'utf8' }).stdout
    const before = seen()
    buildHookClient({ dir, kind: 'native' })
    expect(seen()).toBe(before)
    spawnSync('touch', ['-d', '1 January 2020', join(dir, 'writ-hook')])
    buildHookClient({ dir, kind: 'native' })
    expect(seen()).not.toContain('1577')
  })

  it('takes for an object what JSON.parse does, and breaks no memory on the way', async () => {
    const flags = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-g']
    const { path } = sanitized(flags)
    const env = { ...(await answering()), ASAN_OPTIONS: 'detect_leaks=0' }
    await fc.assert(
      fc.asyncProperty(texts, async (stdout) => {
        answers = encodeReply({ exit: 0, stdout, stderr: '' })
        const said = await run(path, { env })
        expect(said.stderr).not.toMatch(/Sanitizer|runtime error/)
        expect([stdout, said.code]).toEqual([stdout, isObject(stdout) ? 0 : 2])
      }),
      { numRuns: 150 },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
        answers = bytes
        const said = await run(path, { env })
        expect(said.stderr).not.toMatch(/Sanitizer|runtime error/)
        expect(said.code).toBe(2)
      }),
      { numRuns: 60 },
    )
  }, 120_000)
})

let answers: Uint8Array = ALLOW
const answering = () => daemon((socket) => socket.end(answers))

function sanitized(flags: readonly string[]): { path: string } {
  try {
    return buildHookClient({ dir: join(folder, 'sanitized'), kind: 'native', flags })
  } catch {
    // Some compilers come without the libraries: the same texts, without the watch.
    return buildHookClient({ dir: join(folder, 'native'), kind: 'native' })
  }
}

const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })).map((one) => JSON.stringify(one))
const texts = fc.oneof(
  objects,
  fc.string(),
  fc.constantFrom(
    '{"a":01}',
    '{"a":-}',
    '{"a":1.}',
    '{"a":1e}',
    '{"a":-0.5E+7}',
    '{"a":tru}',
    '{"a"}',
    '{,}',
    '{"a":[1,]}',
    String.raw`{"a":"\u12g4"}`,
    String.raw`{"a":"\x"}`,
    '{"a":"',
    '{"a":"\\',
    '{"a":"\\u00',
    '{"a":[',
    '{',
  ),
  fc
    .tuple(objects, fc.nat(), fc.constantFrom('', '"', '\\', ',', '}', '[', '0', '\u0001'))
    .map(([text, at, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + 1)),
)

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

function made(name: string, make: (path: string) => void): string {
  const path = join(mkdtempSync(join(folder, 'f')), name)
  make(path)
  return path
}

/** A daemon of another user that allows everything. */
async function squatter(uid: number): Promise<Record<string, string>> {
  const directory = mkdtempSync(join(folder, 's'))
  chmodSync(directory, 0o777)
  const path = join(directory, 'hook.sock')
  const script = `
    require('node:net').createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {}).on('data', () => {}).on('end', () => socket.end(Buffer.from('${Buffer.from(ALLOW).toString('hex')}', 'hex')))
    }).listen(${JSON.stringify(path)}, () => { require('node:fs').chmodSync(${JSON.stringify(path)}, 0o777); console.log('ready') })`
  const child = spawn(process.execPath, ['-e', script], {
    uid,
    gid: uid,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  stops.push(() => void child.kill('SIGKILL'))
  await new Promise((done) => {
    child.stdout.once('data', done)
  })
  return { WRIT_HOOK_SOCKET: path }
}
