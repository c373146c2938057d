// Runs the official suite, one scenario at a time, and reads what it found.
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { CLONE } from '../state.mjs'

const SUITE = join(CLONE, 'node_modules', '@modelcontextprotocol', 'conformance')
const PRELOAD = new URL('on-this-node.mjs', import.meta.url).href
const NODE_ARGUMENTS = ['--import', PRELOAD, join(SUITE, 'dist', 'index.js')]

export const suiteVersion = () => JSON.parse(readFileSync(join(SUITE, 'package.json'), 'utf8')).version

/**
 * The scenarios of one side as the suite lists them.
 * @param {'client' | 'server' | 'authorization'} side
 * @returns {Promise<{ name: string, versions: string[] }[]>} without versions where it is an extension
 */
export async function listScenarios(side) {
  const { stdout } = await promisify(execFile)(process.execPath, [...NODE_ARGUMENTS, 'list', `--${side}`])
  return [...stdout.matchAll(/^ {2}- (\S+) \[([^\]]+)\]/gm)].map(([, name, marks]) => ({
    name,
    versions: marks.split(',').filter((mark) => /^\d/.test(mark)),
  }))
}

/**
 * The server scenarios of a frozen requirement set.
 * @param {string} revision
 * @returns {Promise<{ required: string[], unscored: string[] }>} `unscored` are run and reported besides
 */
export async function listRequirements(revision) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...NODE_ARGUMENTS,
    'list',
    '--requirements',
    revision,
  ])
  const [scored, besides = ''] = stdout.split(/^Run and reported.*$/m)
  const [, ofServer = ''] = scored.split(/^Server scenarios.*$/m)
  const [own] = ofServer.split(/^Client scenarios.*$/m)
  return {
    required: [...own.matchAll(/^ {2}- (\S+)$/gm)].map(([, name]) => name),
    unscored: [...besides.matchAll(/^ +- (\S+) \[server\]$/gm)].map(([, name]) => name),
  }
}

/**
 * One run of the suite.
 * @param {string[]} args
 * @param {{ env?: object, limitMs?: number, onLine?: (line: string) => void, running: { add: Function } }} around
 * @returns {Promise<{ status: number | null, checks: { scenario: string, id: string, status: string, errorMessage?: string }[] }>}
 *   `status` is null where it had to be ended; `scenario` is the name of a folder, and the scenario's own name is part of it
 */
export async function runSuite(args, { env = {}, limitMs = 90_000, onLine, running }) {
  const folder = mkdtempSync(join(tmpdir(), 'writ-conformance-'))
  try {
    const ran = await run([...args, '-o', folder], { env, limitMs, onLine, running })
    return { ...ran, checks: checksIn(folder) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function run(args, { env, limitMs, onLine, running }) {
  const child = spawn(process.execPath, [...NODE_ARGUMENTS, ...args], {
    cwd: CLONE,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(`suite ${child.pid}`, () => child.kill('SIGKILL'))
  createInterface({ input: child.stdout }).on('line', (line) => onLine?.(line))
  child.stderr.resume()
  return new Promise((resolve) => {
    const late = setTimeout(() => child.kill('SIGKILL'), limitMs)
    child.once('close', (status) => {
      clearTimeout(late)
      resolve({ status })
    })
  })
}

function checksIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('checks.json'))
    .flatMap((file) =>
      JSON.parse(readFileSync(join(folder, file), 'utf8')).map((check) => ({ scenario: file, ...check })),
    )
}

/** How many checks of a run were met, of those that were decided; and what a warning or a failure says. */
export function tallyOf(checks) {
  const by = (wanted) => checks.filter(({ status }) => status === wanted)
  const [met, failed, warned] = [by('SUCCESS'), by('FAILURE'), by('WARNING')]
  const words = [...failed, ...warned].map(
    ({ id, errorMessage, description }) => `${id}: ${errorMessage ?? description}`,
  )
  return {
    met: met.length,
    decided: met.length + failed.length,
    failed: failed.length,
    warned: warned.length,
    words,
  }
}
