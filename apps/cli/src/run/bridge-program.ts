import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The program that is process 1 of a sandbox: what is bound in, and the words that start it there. */
export type BridgeProgram = { readonly source: string; readonly isNative: boolean }

const SOURCES = fileURLToPath(new URL('../../../../native/writ-bridge', import.meta.url))
const SOURCE = join(SOURCES, 'writ-bridge.c')
const PORTABLE = fileURLToPath(new URL('../../dist/run/portable-bridge.js', import.meta.url))

/**
 * The bridge, built once by the compiler of the system. Without one the same in JavaScript: it starts slower, and has neither Landlock nor a
 * terminal of its own to give.
 */
export function bridgeProgram(binaries: string): BridgeProgram {
  const built = existsSync(SOURCE) ? nativeBridge(binaries) : null
  return built === null ? { source: PORTABLE, isNative: false } : { source: built, isNative: true }
}

function nativeBridge(binaries: string): string | null {
  const names = readdirSync(SOURCES).toSorted()
  const source = Buffer.concat(names.map((name) => readFileSync(join(SOURCES, name))))
  const name = `writ-bridge-${createHash('sha256').update(source).digest('hex').slice(0, 16)}`
  const program = join(binaries, name)
  if (existsSync(program)) return program
  mkdirSync(binaries, { recursive: true, mode: 0o700 })
  const aside = `${program}.${process.pid}`
  const made = spawnSync('cc', ['-O2', '-static', '-pthread', '-s', '-o', aside, SOURCE], {
    stdio: 'ignore',
  })
  if (made.status !== 0) {
    rmSync(aside, { force: true })
    return null
  }
  renameSync(aside, program)
  return program
}
