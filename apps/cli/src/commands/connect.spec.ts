import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { givenProfile } from '../given-profile.suite.ts'
import type { GivenServer, Seen } from '../given-server.suite.ts'
import { givenServer, json, until } from '../given-server.suite.ts'
import { objectIn, writ } from '../given-terminal.suite.ts'

/** The compiled program, as it is installed. */
const WRIT = fileURLToPath(new URL('../../bin/writ.mjs', import.meta.url))
const TOKEN = 'a-token-of-the-authority'

let home = ''
let server: GivenServer
let child: ChildProcessWithoutNullStreams | null = null

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'writ-connect-'))
  server = await givenServer((seen, response) => {
    if (seen.path.endsWith('/token'))
      return json(response, 200, { access_token: TOKEN, token_type: 'DPoP', expires_in: 300, scope: 'mcp' })
    const { id = null } = objectIn(seen.body)
    json(response, 200, { jsonrpc: '2.0', id, result: {} })
  })
  await givenProfile(home, server.origin)
})
afterEach(async () => {
  child?.kill('SIGKILL')
  child = null
  await server.stop()
  rmSync(home, { recursive: true, force: true })
})

function start(...args: readonly string[]): ChildProcessWithoutNullStreams {
  const { PATH = '' } = process.env
  child = spawn(process.execPath, [WRIT, 'connect', '--connection', 'tools', ...args], {
    env: { PATH, WRIT_HOME: home },
  })
  return child
}

const calls = (): Seen[] => server.seen.filter(({ path }) => path === '/demo/tools/mcp')
const jtiOf = ({ headers }: Seen): string => {
  const [, claims = ''] = String(headers['dpop']).split('.')
  return JSON.stringify(objectIn(Buffer.from(claims, 'base64url').toString())['jti'])
}

describe('writ connect', () => {
  it('signs each call of a stdio client with a proof of its own, and ends when its stdin does', async () => {
    const proxy = start()
    const { stdin, stdout, stderr } = proxy
    const lines: string[] = []
    const notes: string[] = []
    stdout.on('data', (chunk: Buffer) => lines.push(...chunk.toString().trim().split('\n')))
    stderr.on('data', (chunk: Buffer) => notes.push(chunk.toString()))
    for (const id of [1, 2, 3]) stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' })}\n`)
    stdin.end()
    const ended = await once(proxy, 'close')
    expect(notes).toEqual([])
    expect(ended).toEqual([0, null])
    expect(new Set(lines.map((line) => objectIn(line)['id']))).toEqual(new Set([1, 2, 3]))
    expect(lines).toHaveLength(3)
    expect(calls().map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(`DPoP ${TOKEN}`))
    expect(new Set(calls().map(jtiOf)).size).toBe(3)
    const tokens = server.seen.filter(({ path }) => path.endsWith('/token'))
    expect(tokens).toHaveLength(1)
    expect(new URLSearchParams(tokens[0]?.body).getAll('resource')).toEqual([
      `${server.origin}/demo/tools/mcp`,
    ])
  })

  it('serves HTTP on a free port of loopback until it is told to stop', async () => {
    const proxy = start('--listen', '0', '--json')
    let said = ''
    proxy.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await once(proxy.stdout, 'data')
    await until(() => said.endsWith('\n'))
    const { url, gateway } = z.object({ url: z.string(), gateway: z.string() }).parse(JSON.parse(said))
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/)
    expect(gateway).toBe(`${server.origin}/demo/tools/mcp`)
    const answer = await fetch(url, { method: 'POST', body: '{"jsonrpc":"2.0","id":9,"method":"ping"}' })
    expect(await answer.json()).toEqual({ jsonrpc: '2.0', id: 9, result: {} })
    expect(calls()[0]?.headers.authorization).toBe(`DPoP ${TOKEN}`)
    proxy.kill('SIGTERM')
    expect(await once(proxy, 'exit')).toEqual([0, null])
    expect(said).not.toContain(TOKEN)
  })

  it.each([
    ['a port that is taken', ['--listen', 'TAKEN'], /cannot listen on port \d+\nChoose another/],
    [
      'a connection that is none',
      ['--connection', '../admin'],
      /cannot be a connection\nA connection is a short name/,
    ],
    ['a gateway in plain text', ['--gateway', 'http://gateway.example'], /plain text\nUse https/],
  ])('says what to do about %s', async (_, args, message) => {
    const given = args.map((arg) => (arg === 'TAKEN' ? new URL(server.origin).port : arg))
    const { exitCode, stdout, stderr } = await writ(['connect', '--connection', 'tools', ...given], {
      WRIT_HOME: home,
    })
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })
})
