import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Environment } from '@writ/runtime'
import { unpackedPackage } from './debian-copy.ts'

/** Bubblewrap as it can be started here. */
export type Bubblewrap = { readonly program: string; readonly version: string; readonly how: string }
export type NoBubblewrap = { readonly why: string }

/** The first version that lets no user namespace be made inside. */
const OLDEST = [0, 8]

/** That of the system; else a private copy of the distribution's package, made once. @param copies folder for such copies */
export async function findBubblewrap(
  env: Environment,
  copies: string,
  say: (text: string) => void,
): Promise<Bubblewrap | NoBubblewrap> {
  const onPath = (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, 'bwrap'))
    .find((path) => existsSync(path))
  const own = join(copies, 'bubblewrap')
  const copied = join(own, 'usr', 'bin', 'bwrap')
  if (onPath !== undefined) {
    const found = triedOnce(onPath, 'installed', copies)
    if (!('why' in found)) return found
  }
  if (existsSync(copied)) return triedOnce(copied, COPY, copies)
  say('bubblewrap is not installed: unpacking a private copy of the distribution’s package (once)')
  try {
    await unpackedPackage('bubblewrap', own)
  } catch (error) {
    return {
      why: `bubblewrap is not installed, and ${error instanceof Error ? error.message : 'no copy could be made'}`,
    }
  }
  return triedOnce(copied, COPY, copies)
}

const SMALLEST = [
  '--unshare-user',
  '--unshare-pid',
  '--unshare-net',
  '--disable-userns',
  '--ro-bind',
  '/',
  '/',
]

const COPY = 'private copy of the distribution’s package'

// What worked with this program since the machine was started works again; what fails later, fails then, and starts nothing.
function triedOnce(program: string, how: string, copies: string): Bubblewrap | NoBubblewrap {
  const note = join(copies, 'bubblewrap.json')
  const key = `${program} ${statSync(program).mtimeMs} ${bootId()} ${process.getuid?.() ?? ''}`
  const known = knownIn(note)
  if (known?.key === key && known.version !== '') return { program, version: known.version, how }
  const found = tried(program, how)
  if ('version' in found) {
    mkdirSync(copies, { recursive: true, mode: 0o700 })
    writeFileSync(note, JSON.stringify({ key, version: found.version }), { mode: 0o600 })
  }
  return found
}

function knownIn(note: string): { readonly key: string; readonly version: string } | null {
  try {
    return JSON.parse(readFileSync(note, 'utf8'))
  } catch {
    return null
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

// A kernel or its administrator may forbid what it needs; only trying tells.
function tried(program: string, how: string): Bubblewrap | NoBubblewrap {
  const asked = spawnSync(program, ['--version'], { encoding: 'utf8', env: {} })
  const version = /bubblewrap (\d+\.\d+(?:\.\d+)?)/.exec(asked.stdout ?? '')?.[1]
  if (version === undefined) return { why: `${program} does not run here` }
  if (isOlder(version)) return { why: `bubblewrap ${version} is too old: 0.8 or later is needed` }
  const sandbox = spawnSync(program, [...SMALLEST, '--', '/bin/true'], { encoding: 'utf8', env: {} })
  if (sandbox.status === 0) return { program, version, how }
  const words = (sandbox.stderr ?? '').trim().split('\n').at(-1) ?? ''
  return { why: `bubblewrap cannot make a sandbox on this system (${words || 'without a word'})` }
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < (OLDEST[0] ?? 0) || (major === OLDEST[0] && minor < (OLDEST[1] ?? 0))
}
