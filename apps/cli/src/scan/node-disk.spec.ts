import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { nodeDisk } from './node-disk.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-disk-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)
const given = (name: string, text: string): string => {
  writeFileSync(at(name), text)
  return at(name)
}

describe('a file', () => {
  it('is read with its owner and mode, through links', () => {
    chmodSync(given('plain', 'text'), 0o640)
    symlinkSync('plain', at('link'))
    const reading = nodeDisk.read(at('link'))
    expect(reading).toMatchObject({ state: 'read', owner: process.getuid?.(), mode: 0o640 })
    expect(reading.state === 'read' && Buffer.from(reading.bytes).toString()).toBe('text')
    expect(nodeDisk.facts(at('link'))).toEqual({ owner: process.getuid?.(), mode: 0o640 })
  })

  it('that says no length is read to its end', () => {
    const reading = nodeDisk.read('/proc/self/status')
    expect(reading.state === 'read' && reading.bytes.length).toBeGreaterThan(100)
  })

  it.each(['nothing', 'plain/below', 'x'.repeat(5000), 'zero\u0000byte'])(
    'that is not there is absent: %j',
    (name) => {
      given('plain', 'text')
      expect(nodeDisk.read(at(name))).toEqual({ state: 'absent' })
      expect([nodeDisk.facts(at(name)), nodeDisk.list(at(name)), nodeDisk.realPath(at(name))]).toEqual([
        null,
        [],
        at(name),
      ])
    },
  )

  it('that is a pipe nobody writes to is refused at once', () => {
    execFileSync('mkfifo', [at('pipe')])
    symlinkSync('pipe', at('to-pipe'))
    const startedMs = performance.now()
    expect(nodeDisk.read(at('to-pipe'))).toEqual({ state: 'refused', why: 'it is no file' })
    expect(performance.now() - startedMs).toBeLessThan(500)
  })

  it.each(['/dev/zero', '/dev/tty', '/dev', '/proc/self/fd'])(
    'that is %s is refused, and not opened',
    (path) => {
      symlinkSync(path, at(path.replaceAll('/', '_')))
      expect(nodeDisk.read(at(path.replaceAll('/', '_')))).toEqual({ state: 'refused', why: 'it is no file' })
    },
  )

  it('of links that lead in a circle is refused', () => {
    symlinkSync('circle', at('circle'))
    expect(nodeDisk.read(at('circle'))).toEqual({ state: 'refused', why: 'its links lead in a circle' })
  })

  it('that is huge is refused, without being read', () => {
    truncateSync(given('huge', ''), 64 * 1024 * 1024 * 1024)
    expect(nodeDisk.read(at('huge'))).toEqual({ state: 'refused', why: 'it is too large' })
  })
})

describe('a folder', () => {
  it('is listed by name, with what each thing is', () => {
    mkdirSync(at('full/inner'), { recursive: true })
    given('full/b', '')
    given('full/a', '')
    symlinkSync('nowhere', at('full/link'))
    expect(nodeDisk.list(at('full'))).toEqual([
      { name: 'a', kind: 'file' },
      { name: 'b', kind: 'file' },
      { name: 'inner', kind: 'folder' },
      { name: 'link', kind: 'link' },
    ])
  })

  it('of very many things is listed as far as anybody needs', () => {
    mkdirSync(at('many'))
    for (let index = 0; index < 5100; index += 1) given(`many/${index}`, '')
    expect(nodeDisk.list(at('many'))).toHaveLength(5000)
  })
})
