// The state of the embedded default: one directory that holds all of it (Postgres, Redis, secrets, spools, logs).
import { randomBytes } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canEnter, isRoot, serverIdentity } from './local/identity.mjs'
import { takeLock } from './local/lock.mjs'

export const CLONE = dirname(dirname(fileURLToPath(import.meta.url)))

/** Where root keeps the state of a clone that the embedded servers' id cannot reach. */
const SHARED_HOME = '/var/lib/writ'

/**
 * The state directory of this clone, created when absent: `.writ`, or below /var/lib/writ when root runs a clone that lies behind closed
 * directories (such as /root), because Postgres does not run as root. Only the id is kept in the clone, so a fresh clone has fresh state.
 * `WRIT_STATE_DIR` overrides both.
 */
export function stateDirectory({ clone = CLONE, env = process.env } = {}) {
  if (env.WRIT_STATE_DIR) return makeDirectory(env.WRIT_STATE_DIR)
  const inClone = makeDirectory(join(clone, '.writ'))
  if (!isRoot() || canEnter(inClone, serverIdentity())) return inClone
  makeDirectory(SHARED_HOME)
  return makeDirectory(join(SHARED_HOME, locationId(join(inClone, 'location'))))
}

/**
 * Takes the state for this process, with its secrets.
 * @returns {{ dir: string, secrets: Record<string, string>, release: () => void }}
 * @throws when a living process has it
 */
export function openState(dir) {
  makeDirectory(dir)
  refuseForeign(dir)
  const lock = takeLock(join(dir, 'run.lock'))
  if ('heldBy' in lock) throw new StateInUse(dir, lock.heldBy)
  try {
    return { dir, secrets: secretsIn(dir), release: lock.release }
  } catch (error) {
    lock.release()
    throw error
  }
}

export class StateInUse extends Error {
  constructor(dir, pid) {
    super(
      `Writ is already running on ${dir} (process ${pid}). Stop that one first, or set WRIT_STATE_DIR to another directory.`,
    )
  }
}

// Started by root, the embedded servers run as another id and must be able to pass through; they cannot list it.
function makeDirectory(path) {
  const mode = isRoot() ? 0o711 : 0o700
  if (existsSync(path)) return path
  mkdirSync(path, { recursive: true, mode })
  chmodSync(path, mode)
  return path
}

function refuseForeign(dir) {
  try {
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    throw new Error(
      `${dir} belongs to another user: run Writ as that user, or set WRIT_STATE_DIR to a directory of your own.`,
    )
  }
}

function locationId(file) {
  if (!existsSync(file)) writeDurably(file, `${randomBytes(8).toString('hex')}\n`)
  const id = readFileSync(file, 'utf8').trim()
  if (!/^[0-9a-f]{16}$/.test(id))
    throw new Error(`${file} does not hold an id: delete it to begin with fresh state`)
  return id
}

/** How each secret is made, once. */
const SECRETS = {
  postgresPassword: () => random(24),
  appPassword: () => random(24),
  workerPassword: () => random(24),
  masterKey: () => random(32),
  joinSecret: () => random(32),
  operatorKey: () => random(32),
}

const random = (bytes) => randomBytes(bytes).toString('base64url')

function secretsIn(dir) {
  const file = join(dir, 'secrets.json')
  const kept = existsSync(file) ? parseSecrets(file) : {}
  const missing = Object.keys(SECRETS).filter((name) => typeof kept[name] !== 'string')
  if (missing.length === 0) return kept
  const all = { ...kept, ...Object.fromEntries(missing.map((name) => [name, SECRETS[name]()])) }
  writeDurably(file, `${JSON.stringify(all, null, 2)}\n`)
  return all
}

function parseSecrets(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new Error(
      `${file} cannot be read as JSON. The sealed credentials in the database need its master key: restore it.`,
    )
  }
}

// On disk before its name is: a crash leaves the old file or the new one, never half of one.
function writeDurably(file, text) {
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, text, { mode: 0o600, flush: true })
  renameSync(aside, file)
  const directory = openSync(dirname(file), 'r')
  fsyncSync(directory)
  closeSync(directory)
}
