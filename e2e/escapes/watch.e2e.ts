import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { missingForSandbox, recordsIn, runWrit } from './given-run.suite.ts'
import type { Ended } from './given-run.suite.ts'

// Attacks from inside on who watches a sandbox.

const HERE = fileURLToPath(new URL('.', import.meta.url))

const missing = missingForSandbox()
if (missing !== null) console.warn(`not run: who watches a sandbox: ${missing}`)
const watched = missing === null ? describe : describe.skip

let root = ''
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'ww-')))
  if (missing !== null) return
  for (const folder of ['ws', 'home/.ssh', 'writ']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'home/.ssh/id_rsa'), 'PRIVATE\n')
  const words = ['-O1', '-w', '-pthread', '-o', join(root, 'ws/against'), join(HERE, 'against-watch.c')]
  const { status, stderr } = spawnSync('cc', words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}, 120_000)
afterAll(() => rmSync(root, { recursive: true, force: true }))

const inside = (script: string, more: Partial<Parameters<typeof runWrit>[0]> = {}): Promise<Ended> => {
  writeFileSync(join(root, 'ws/script.sh'), script)
  return runWrit({ root, command: ['bash', join(root, 'ws/script.sh')], ...more })
}

const KEY = '"$HOME/.ssh/id_rsa"'
const keyIsTold = ({ receipt }: Ended): unknown =>
  receipt.refused?.find(({ what }) => what === `read ${join(root, 'home/.ssh/id_rsa')}`)

watched('who watches', () => {
  it('cannot be ended, stopped or opened from inside', async () => {
    const ended = await inside(
      `for task in /proc/1/task/*; do kill -STOP \${task##*/}; kill -KILL \${task##*/}; done
       for fd in $(seq 0 20); do echo '9 read 257 /forged' > /proc/1/fd/$fd; done
       cat ${KEY}; ls /proc/$$/fd > fds; echo alive`,
    )
    expect(ended.stdout).toMatch(/alive/)
    expect(keyIsTold(ended)).toMatchObject({ times: 1 })
    expect(ended.receipt.refused?.map(({ what }) => what)).toContain('kill 1')
    expect(JSON.stringify(ended.receipt.refused)).not.toMatch(/read \/forged/)
    // nothing of ours is open in what was started
    expect(readFileSync(join(root, 'ws/fds'), 'utf8').trim().split(/\s+/).toSorted()).toEqual([
      '0',
      '1',
      '2',
      '255',
    ])
  })

  it('tells one thing in a flood of others, and counts them all', async () => {
    const ended = await inside(`for at in $(seq 3000); do : > /usr/flood$at; done; cat ${KEY}; exit 0`)
    expect(keyIsTold(ended)).toMatchObject({ times: 1 })
    const floods = ended.receipt.refused?.filter(({ what }) => what.startsWith('write /usr')) ?? []
    expect(floods.reduce((times, one) => times + one.times, 0)).toBe(3000)
    const records = recordsIn(ended.receipt.records).filter(({ refusal }) => refusal === 'sandbox_refused')
    expect(records.length).toBeLessThan(500)
    expect(records.reduce((times, { local }) => times + (local?.times ?? 0), 0)).toBeGreaterThanOrEqual(3001)
  })

  it('is the only one: a filter of another inside neither answers in its place nor opens anything', async () => {
    const { stdout, receipt } = await inside(
      './against listener; echo listener $?; ./against allowed; echo allowed $?',
    )
    expect(stdout).toMatch(/listener 1\nallowed 1/)
    expect(receipt.refused?.map(({ what }) => what)).toContain('mount')
  })

  it('lets nothing out where a path is changed between its look and the kernel’s', async () => {
    const { stdout } = await inside('./against race "$PWD/harmless" /usr/raced; echo race $?')
    expect(stdout).toMatch(/opened [1-9]\d*\nrace 1/)
    expect(existsSync('/usr/raced')).toBe(false)
  })

  it('answers each of many at once, and whoever is interrupted', async () => {
    const { stdout } = await inside(
      './against crowd; echo crowd $?; ./against interrupted; echo interrupted $?',
    )
    expect(stdout).toMatch(/crowd 1\ninterrupted 1/)
  })

  it('does not hold up the end of a run, nor what is left running', async () => {
    const begunMs = performance.now()
    const { code } = await inside('(while :; do cat /etc/hostname > /dev/null; done) & exit 7')
    expect(code).toBe(7)
    expect(performance.now() - begunMs).toBeLessThan(20_000)
  })

  it('says so where the kernel cannot tell, and the sandbox holds all the same', async () => {
    const script = `cat ${KEY}; ./against allowed; echo allowed $?; : > /usr/x; unshare -U true; echo unshare $?`
    const { receipt, stdout } = await inside(script, { through: [join(root, 'ws/against'), 'deaf'] })
    expect(stdout).toMatch(/allowed 1/)
    expect(stdout).toMatch(/unshare [1-9]/)
    expect(stdout).not.toContain('PRIVATE')
    expect(receipt.refused).toBeNull()
    const { stderr } = await inside('true', { through: [join(root, 'ws/against'), 'deaf'], json: false })
    expect(stderr).toMatch(/what the kernel refuses is not recorded here/)
  })
})
