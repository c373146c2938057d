// A lock file that a dead process cannot hold.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { birthOf } from './process-table.mjs'

/**
 * Takes the lock for this process.
 * @param {string} path
 * @returns {{ release: () => void } | { heldBy: number }} the process id of the living holder when it is taken
 */
export function takeLock(path) {
  const mine = `${process.pid} ${birthOf(process.pid)}\n`
  for (let attempt = 0; attempt < 20; attempt++) {
    if (create(path, mine)) return { release: () => releaseLock(path, mine) }
    const found = read(path)
    if (found === undefined) continue
    const [pid, birth] = found.trim().split(' ')
    if (birthOf(Number(pid)) === birth) return { heldBy: Number(pid) }
    removeStale(path, found)
  }
  throw new Error(`the lock ${path} could not be taken`)
}

// Written aside and linked into place: nobody ever sees a lock file without its holder.
function create(path, text) {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  writeFileSync(aside, text, { mode: 0o600 })
  try {
    linkSync(aside, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

// Two processes may find the same stale lock. Whoever moves away a lock that is not the stale one puts it back.
function removeStale(path, stale) {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (read(aside) !== stale) create(path, read(aside))
  rmSync(aside, { force: true })
}

function releaseLock(path, mine) {
  if (read(path) === mine) rmSync(path, { force: true })
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
