import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { listenOn } from '@writ/runtime'
import { writ } from '../given-terminal.suite.ts'

let home: string
const taken = createServer()
let port: number
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'writ-bridge-'))
  writeFileSync(join(home, 'shared'), 'x'.repeat(40), { mode: 0o644 })
  port = await listenOn(taken, { host: '127.0.0.1', port: 0 })
})
afterAll(() => {
  taken.close()
  rmSync(home, { recursive: true, force: true })
})

describe('writ bridge', () => {
  it.each<[string, () => readonly string[], RegExp]>([
    ['a place that is none', () => ['--listen', 'here'], /no place to listen at\nName a port/],
    ['a port that is none', () => ['--listen', '127.0.0.1:99999'], /no place to listen at/],
    ['a port that is taken', () => ['--listen', String(port)], /cannot listen on \d+\nChoose another/],
    [
      'a secret that others can read',
      () => ['--secret-file', join(home, 'shared')],
      /other users of this machine can read/,
    ],
    ['a certificate without its key', () => ['--tls-cert', 'a.pem'], /belong together\nName both/],
    [
      'a certificate that is not there',
      () => ['--tls-cert', 'a.pem', '--tls-key', 'b.pem'],
      /cannot be read/,
    ],
    ['no room for a session', () => ['--sessions', '0'], /whole number from 1 on/],
  ])('says what to do about %s, and starts nothing', async (_, options, message) => {
    const { exitCode, stdout, stderr } = await writ(['bridge', ...options(), '--', 'no-such-server'], {
      WRIT_HOME: home,
    })
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })
})
