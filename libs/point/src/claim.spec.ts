import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Claim } from './claim.ts'
import { claimFolder, ClaimError } from './claim.ts'

let folder = ''
const children: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-claim-'))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const CHILD = join(import.meta.dirname, '../test/claim-forever.mjs')

/** Another process that wants the folder, and what it says. */
async function claimant(): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const child = spawn(process.execPath, [CHILD, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [chunk]: unknown[] = await once(child.stdout, 'data')
  return { child, said: String(chunk).trim() }
}

/** What a claimant leaves behind that ends without a word. */
async function leaveBehind(name: string): Promise<void> {
  const server = createServer()
  server.listen(join(folder, 'x'))
  await once(server, 'listening')
  renameSync(join(folder, 'x'), join(folder, name))
  server.close()
  await once(server, 'close')
}

const heldOf = (settled: readonly PromiseSettledResult<Claim>[]): Claim[] =>
  settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))

describe('a claimed folder', () => {
  it('is refused to the next one, who is told which it is and what to do', async () => {
    const claim = await claimFolder(folder)
    const refused = await claimFolder(folder).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ClaimError)
    expect(refused).toMatchObject({ message: expect.stringContaining(`another process uses ${folder} (`) })
    expect(refused).toMatchObject({ message: expect.stringContaining('Stop that one first') })
    await claim.release()
  })

  it('is free again once it is released, and nothing is left in it', async () => {
    await (await claimFolder(folder)).release()
    expect(readdirSync(folder)).toEqual([])
    await (await claimFolder(folder)).release()
  })

  it('is made where there is none', async () => {
    const claim = await claimFolder(join(folder, 'a/b'))
    expect(readdirSync(join(folder, 'a/b'))).toHaveLength(1)
    await claim.release()
  })

  it('is free at once when whoever had it was killed', async () => {
    const { child, said } = await claimant()
    expect(said).toBe('held')
    await expect(claimFolder(folder)).rejects.toThrow(ClaimError)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const claim = await claimFolder(folder)
    expect(readdirSync(folder)).toHaveLength(1)
    await claim.release()
  })

  it('stays that of a process that is stopped', async () => {
    const { child } = await claimant()
    child.kill('SIGSTOP')
    await expect(claimFolder(folder)).rejects.toThrow(ClaimError)
  })

  it('goes to one at most of many who come at once, whatever others left behind', async () => {
    for (let round = 0; round < 5; round += 1) {
      for (const mark of ['a', 'b', 'c']) await leaveBehind(`claim-${mark.repeat(8)}`)
      const held = heldOf(await Promise.allSettled(Array.from({ length: 5 }, () => claimFolder(folder))))
      expect(held).toHaveLength(1)
      expect(readdirSync(folder)).toHaveLength(1)
      await held[0]?.release()
    }
  })

  it('goes to one at most of several processes that come at once', async () => {
    const said = (await Promise.all(Array.from({ length: 4 }, claimant))).map((one) => one.said)
    expect(said.filter((word) => word === 'held')).toHaveLength(1)
  })

  it('may have a long path where it is not far from here', async () => {
    const here = process.cwd()
    const far = join(folder, 'x'.repeat(60), 'y'.repeat(60))
    mkdirSync(far, { recursive: true })
    process.chdir(join(folder, 'x'.repeat(60)))
    try {
      await (await claimFolder(far)).release()
    } finally {
      process.chdir(here)
    }
    await expect(claimFolder(far)).rejects.toThrow(/too long for a socket in it/)
  })

  it('keeps whatever else is in it', async () => {
    writeFileSync(join(folder, 'claim-form.txt'), 'x')
    await (await claimFolder(folder)).release()
    expect(readdirSync(folder)).toEqual(['claim-form.txt'])
  })
})
