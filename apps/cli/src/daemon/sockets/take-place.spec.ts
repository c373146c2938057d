import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { takePlace } from './take-place.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-place-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A program that has room for one who waits, and is stopped before it has heard of anybody. */
const STOPPED = `
require('node:net').createServer().listen({ path: process.argv[1], backlog: 1 }, () => {
  process.stdout.write('listens')
  setTimeout(() => process.kill(process.pid, 'SIGSTOP'))
})`

/** Until there is no room for another. */
async function fill(path: string): Promise<Socket[]> {
  const waiting: Socket[] = []
  for (;;) {
    const socket = createConnection(path)
    const settled = await once(socket, 'connect').then(
      () => 'waits',
      () => 'full',
    )
    if (settled === 'full') return waiting
    waiting.push(socket)
  }
}

// Elsewhere a system refuses, as if nobody listened.
const onLinux = process.platform === 'linux' ? it : it.skip

describe('the place of a program that is stopped', () => {
  onLinux('is not taken, also while more wait for it than it has room for', async () => {
    const path = join(folder, 'alive')
    const child = spawn(process.execPath, ['-e', STOPPED, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    const server = createServer()
    let waiting: Socket[] = []
    try {
      await once(child.stdout, 'data')
      while (!/\) T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))) await sleep(10)
      waiting = await fill(path)
      await expect(takePlace(server, path)).rejects.toThrow('another program answers')
      expect(existsSync(path)).toBe(true)
    } finally {
      server.close()
      for (const socket of waiting) socket.destroy()
      child.kill('SIGKILL')
    }
  })
})
