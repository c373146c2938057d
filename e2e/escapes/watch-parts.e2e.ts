import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { LOOKED_AT, SENDTO } from '../../libs/sandbox/src/confinement/system-calls.ts'
import { refusedOf } from '../../libs/sandbox/src/refused/refused.ts'

// Parts of who watches a sandbox by themselves, under address and undefined-behaviour sanitizers.

const SOURCE = fileURLToPath(new URL('watch-parts.c', import.meta.url))
const PROCESSOR = process.arch === 'arm64' ? 'arm64' : 'x64'

const isHere = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0
if (!isHere)
  console.warn('not run: parts of who watches a sandbox: this is not Linux, or there is no C compiler')
const watched = isHere ? describe : describe.skip

let root = ''
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'ww-')))
  if (!isHere) return
  const checks = ['-fsanitize=address,undefined', '-fno-sanitize-recover']
  const words = ['-O1', '-w', '-g', '-pthread', ...checks, '-o', join(root, 'parts'), SOURCE]
  const { status, stderr } = spawnSync('cc', words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}, 120_000)
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** One part, whose stdout is a socket as the bridge's is. */
function part(words: readonly string[], stdin: string | Uint8Array = ''): Promise<Buffer> {
  const child = spawn(join(root, 'parts'), [...words], { cwd: root })
  const chunks: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (bytes: Buffer) => chunks.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString('utf8')))
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin)
  return new Promise((resolve, reject) => {
    child.once('close', (code) => (code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(stderr))))
  })
}

watched('a part of who watches', () => {
  it('looks at the calls that the filter stops, and at no others', async () => {
    const table = (await part(['table'])).toString('utf8').trim().split('\n').map(Number)
    const stopped = [...Object.values(LOOKED_AT), SENDTO].flatMap(({ [PROCESSOR]: number }) =>
      number === null ? [] : [number],
    )
    expect(table.toSorted((one, two) => one - two)).toEqual(stopped.toSorted((one, two) => one - two))
  })

  it('lets nothing continue but these, and answers every other call with an error', async () => {
    const table = new Set((await part(['table'])).toString('utf8').trim().split('\n'))
    const lines = (await part(['answers'])).toString('utf8').trim().split('\n')
    expect(lines.length).toBeGreaterThan(7000)
    for (const line of lines) {
      const [isOwn, number = '', flags, error] = line.split(' ')
      const passes = isOwn === '1' && table.has(number)
      expect([line, flags, Number(error) < 0]).toEqual([line, passes ? '1' : '0', !passes])
    }
  })

  it('tells any bytes in a line of its own, and counts what is told again, without losing one', async () => {
    const texts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 400, size: 'max' }), {
      minLength: 1,
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 3000 }), async (given, repeats) => {
        const clean = given.map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 ? 1 : byte))))
        const all = Array.from({ length: repeats }, (_, at) => clean[at % clean.length] ?? Buffer.of())
        const told = await part(['tell'], Buffer.concat(all.flatMap((bytes) => [bytes, Buffer.of(0)])))
        const lines = told.toString('latin1').trimEnd().split('\n')
        const read = lines.map((line) => refusedOf(line, PROCESSOR))
        expect(read.reduce((times, one) => times + (one?.times ?? Number.NaN), 0)).toBe(repeats)
        const wanted = new Set(all.map((bytes) => bytes.toString('utf8')))
        expect(new Set(read.map((one) => one?.about))).toEqual(wanted)
      }),
      { numRuns: 30, seed: 7 },
    )
  }, 60_000)

  it('holds at most a bounded number of things, and says what it forgets', async () => {
    // three times in a row each: two of them are only counted when another takes its place
    const all = Array.from({ length: 45_000 }, (_, at) => `/usr/${Math.floor(at / 3) % 5000}\0`).join('')
    const lines = (await part(['tell'], all)).toString('latin1').trimEnd().split('\n')
    const times = new Map<string, number>()
    for (const line of lines) {
      const { about = '', times: more = Number.NaN } = refusedOf(line, PROCESSOR) ?? {}
      times.set(about, (times.get(about) ?? 0) + more)
    }
    expect(times.size).toBe(5000)
    expect([...new Set(times.values())]).toEqual([9])
  })

  it('finds where a path leads as the kernel does, through links of every kind', async () => {
    const tree = join(root, 'tree')
    const names = fc.constantFrom('a', 'b', 'c', 'd')
    const steps = fc.array(fc.constantFrom('a', 'b', 'c', 'd', '..', '.', ''), { minLength: 1, maxLength: 7 })
    const links = fc.array(
      fc.record({ at: fc.array(names, { minLength: 1, maxLength: 3 }), to: steps, isAbsolute: fc.boolean() }),
      { maxLength: 10 },
    )
    const files = fc.array(fc.array(names, { minLength: 1, maxLength: 4 }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(
        links,
        files,
        fc.array(steps, { minLength: 30, maxLength: 60 }),
        async (some, made, asked) => {
          rmSync(tree, { recursive: true, force: true })
          mkdirSync(tree)
          for (const file of made) quietly(() => place(join(tree, ...file), null))
          for (const { at, to, isAbsolute } of some)
            quietly(() => place(join(tree, ...at), (isAbsolute ? `${tree}/` : '') + (to.join('/') || '.')))
          const paths = asked.map((path) => `${tree}/${path.join('/')}`)
          const found = (await part(['walk', '/'], paths.map((path) => `${path}\0`).join(''))).toString(
            'utf8',
          )
          const walked = found.split('\0').slice(0, -1)
          expect(walked).toHaveLength(paths.length)
          paths.forEach((path, at) => expect([path, agreed(walked[at] ?? '', path)]).toEqual([path, true]))
        },
      ),
      { numRuns: 60, seed: 11 },
    )
  }, 120_000)
})

function place(path: string, target: string | null): void {
  mkdirSync(dirname(path), { recursive: true })
  if (target === null) writeFileSync(path, '')
  else symlinkSync(target, path)
}

function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // a name that is taken already: the tree is one of chance
  }
}

/** The same file, or missing for the same reason. */
function agreed(walked: string, path: string): boolean {
  const [, missingBy = '', real = ''] = /^(\d+) ([^]*)$/.exec(walked) ?? []
  try {
    const there = realpathSync.native(path)
    return missingBy === '0' && real === there
  } catch (error) {
    // of another realm than the tests': no Error of theirs
    return Number(missingBy) === -Number(Reflect.get(Object(error), 'errno'))
  }
}
