import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { underLock } from './lock.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-lock-'))
  path = join(folder, '.lock')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['-e', '']).pid
function aged(seconds: number): void {
  const then = Date.now() / 1_000 - seconds
  utimesSync(path, then, then)
}
const holderOf = (pid: number, host = hostname()): string => JSON.stringify({ pid, host, mark: 'x' })

/** Most who were inside at the same time. */
async function mostInside(count: number): Promise<number> {
  let [inside, most] = [0, 0]
  const work = () =>
    underLock(path, async () => {
      most = Math.max(most, (inside += 1))
      await sleep(3)
      inside -= 1
    })
  await Promise.all(Array.from({ length: count }, work))
  return most
}

describe('a lock', () => {
  it('lets one in at a time, and is gone afterwards', async () => {
    expect(await mostInside(10)).toBe(1)
    expect(existsSync(path)).toBe(false)
  })

  it('is given back when the work fails', async () => {
    await expect(underLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(existsSync(path)).toBe(false)
  })

  it('that counted as left behind, and was taken by another meanwhile, is not given back in their place', async () => {
    const theirs = holderOf(process.pid, 'another-host')
    await underLock(path, () => Promise.resolve(writeFileSync(path, theirs)))
    expect(readFileSync(path, 'utf8')).toBe(theirs)
  })

  it('counts anew each time that long work asks whether it still has it', async () => {
    await underLock(path, async (stillHeld) => {
      for (const _ of [1, 2]) {
        aged(200)
        await stillHeld()
        expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(100_000)
      }
    })
    expect(existsSync(path)).toBe(false)
  })

  it.each([
    ['another has taken it', () => writeFileSync(path, holderOf(process.pid, 'another-host'))],
    ['it was removed', () => rmSync(path)],
    ['it counts as left behind, before another takes it', () => aged(600)],
  ])('is lost to long work once %s', async (_, lose) => {
    const work = underLock(path, async (stillHeld) => {
      lose()
      await stillHeld()
    })
    await expect(work).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('took so long'),
    })
  })

  it.each([
    ['of a process that is gone', () => holderOf(deadPid())],
    [
      'of a process that is gone, and so is who was clearing it away',
      () => {
        writeFileSync(`${path}.clearing`, holderOf(deadPid()))
        return holderOf(deadPid())
      },
    ],
  ])('%s is cleared away by one, however many wait', async (_, left) => {
    writeFileSync(path, left())
    expect(await mostInside(10)).toBe(1)
    expect(existsSync(`${path}.clearing`)).toBe(false)
  })

  it('that is older than any work counts no more, whoever holds it', async () => {
    writeFileSync(path, holderOf(process.pid, 'another-host'))
    aged(600)
    expect(await mostInside(2)).toBe(1)
  })

  it.each([
    ['a living process', () => holderOf(process.pid)],
    ['another machine', () => holderOf(deadPid(), 'another-host')],
  ])('of %s stays, and who waits for too long is told what to do', async (_, left) => {
    writeFileSync(path, left())
    await expect(underLock(path, () => Promise.resolve(), 200)).rejects.toMatchObject({
      exitCode: 3,
      remedy: expect.stringContaining(path),
    })
    expect(existsSync(path)).toBe(true)
  })
})
