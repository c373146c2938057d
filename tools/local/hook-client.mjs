// Builds the hook client with the system's compiler; where there is none, a node script does the same at its price.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { CLONE } from '../state.mjs'

const SOURCE = join(CLONE, 'native', 'writ-hook')
const NATIVE_SOURCES = ['writ-hook.c', 'json.h', 'clients.h']
/** musl makes the smallest program; the others link whatever the system has. */
const COMPILERS = ['musl-gcc', 'cc', 'gcc', 'clang']
const STRICT = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-O2']

export const PRICE_OF_NODE =
  'no C compiler: the hook client is a node script, which costs about 50 ms for each action and cannot ask the kernel who answers it'

/**
 * The path of a hook client that is no older than its source, built when it must be.
 * @param {import('./hook-client.d.mts').HookClientOptions} options
 * @returns {import('./hook-client.d.mts').BuiltHookClient}
 * @throws when there is a compiler and it does not take the source
 */
export function buildHookClient({ dir = join(CLONE, '.writ', 'bin'), env = process.env, ...options } = {}) {
  const compiler = options.kind === 'node' ? null : findCompiler(env)
  const wanted = { compiler, ownerUid: options.ownerUid ?? null, flags: options.flags ?? [] }
  const path = join(dir, 'writ-hook')
  mkdirSync(dir, { recursive: true })
  if (!isCurrent(path, wanted)) make(path, wanted)
  return compiler === null
    ? { path, kind: 'node', price: PRICE_OF_NODE }
    : { path, kind: 'native', price: null }
}

function findCompiler(env) {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const found = [env.CC ?? [], COMPILERS]
    .flat()
    .flatMap((name) => folders.map((folder) => join(folder, name)))
  return found.find((path) => timeOf(path) !== null) ?? null
}

function isCurrent(path, wanted) {
  const made = timeOf(path)
  const sources = wanted.compiler === null ? ['writ-hook.mjs', 'clients.h'] : NATIVE_SOURCES
  if (made === null || sources.some((source) => timeOf(join(SOURCE, source)) > made)) return false
  return timeOf(stampOf(path)) !== null && readFileSync(stampOf(path), 'utf8') === JSON.stringify(wanted)
}

const stampOf = (path) => `${path}.made`

function make(path, wanted) {
  if (wanted.compiler === null) writeScript(path, wanted)
  else compile(path, wanted)
  writeFileSync(stampOf(path), JSON.stringify(wanted))
}

const timeOf = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null

/** Static where the system can: nothing that the agent's settings say of libraries reaches it then. */
function compile(path, { compiler, ownerUid, flags }) {
  const owner = ownerUid === null ? [] : [`-DWRIT_UID=${ownerUid}`]
  const linkings = process.platform === 'darwin' || flags.length > 0 ? [[]] : [['-static'], []]
  // Others may build it at the same moment: whole files only, each under its own name first.
  const made = `${path}.${process.pid}`
  let said = ''
  for (const linking of linkings) {
    const args = [...STRICT, ...flags, ...owner, ...linking, '-o', made, join(SOURCE, 'writ-hook.c')]
    const run = spawnSync(compiler, args, { encoding: 'utf8' })
    if (run.status === 0) return renameSync(made, path)
    said = run.stderr || run.error?.message
  }
  throw new Error(`the hook client does not compile with ${compiler}:\n${said}`)
}

function writeScript(path, { ownerUid }) {
  const script = readFileSync(join(SOURCE, 'writ-hook.mjs'), 'utf8')
    .replace('const CLIENTS = []', () => `const CLIENTS = ${JSON.stringify(fallbacks())}`)
    .replace('const OWNER = null', `const OWNER = ${ownerUid}`)
  writeFileSync(`${path}.mjs`, script)
  rmSync(path, { force: true })
  writeFileSync(path, `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(`${path}.mjs`)} "$@"\n`)
  chmodSync(path, 0o755)
}

const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`

/** The rows of the table that is compiled into the other client. */
function fallbacks() {
  const table = readFileSync(join(SOURCE, 'clients.h'), 'utf8')
  const text = String.raw`("(?:[^"\\]|\\.)*")`
  const rows = [...table.matchAll(new RegExp(String.raw`\{${text},\s*${text},\s*${text}\}`, 'g'))]
  return rows.map(([, ...row]) => {
    const [name, deny, pass] = row.map((one) => JSON.parse(one))
    return { name, deny, pass }
  })
}
