// What a clean clone lacks before anything else can run: a Node that is new enough, the dependencies, the build.
// Node built-ins only, and nothing that the dependencies bring.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { takeLock } from './local/lock.mjs'
import { secondsSince } from './local/progress.mjs'
import { buildHookClient } from './local/hook-client.mjs'
import { runWatched } from './local/watchdog.mjs'
import { CLONE } from './state.mjs'

/**
 * @param {(text: string) => void} say
 * @throws in plain words when something is missing that cannot be had
 */
export async function ensureDependencies(say) {
  refuseOldNode(process.versions.node)
  refuseWindows(process.platform)
  if (isInstalled()) return
  const lock = takeLock(join(CLONE, '.npm-ci.lock'))
  if ('heldBy' in lock)
    throw new Error(`process ${lock.heldBy} is installing the dependencies of this clone: wait for it`)
  try {
    await install(say)
  } finally {
    lock.release()
  }
}

/** Compiles what changed since the last time. */
export async function ensureBuild(say) {
  const begun = performance.now()
  const compiler = join(CLONE, 'node_modules', 'typescript', 'bin', 'tsc')
  const { code, output } = await runWatched(process.execPath, [compiler, '-b'], { cwd: CLONE })
  if (code !== 0) throw new Error(`the build failed:\n${output}`)
  buildNative(say)
  say(`built in ${secondsSince(begun)}`)
}

// `writ hooks install` and `writ run` look for it beside the program.
function buildNative(say) {
  try {
    const { price } = buildHookClient()
    if (price !== null) say(price)
  } catch (error) {
    say(error.message)
  }
}

function refuseOldNode(version) {
  const [major, minor] = version.split('.').map(Number)
  const isSupported = major === 20 ? minor >= 19 : major === 22 ? minor >= 12 : major > 22
  if (isSupported) return
  throw new Error(`Writ needs Node 20.19 or newer in the 20 line, or 22.12 or newer; this is ${version}`)
}

function refuseWindows(platform) {
  if (platform === 'win32') throw new Error('Writ does not run on Windows itself: use it inside WSL')
}

const STAMP = join(CLONE, 'node_modules', '.writ-stamp')

const isInstalled = () => existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wantedStamp()

// Native parts depend on the Node ABI and the machine, everything else on the lockfile.
function wantedStamp() {
  const lockfile = readFileSync(join(CLONE, 'package-lock.json'))
  const machine = [process.versions.modules, process.platform, process.arch].join('-')
  return createHash('sha256').update(lockfile).update(machine).digest('hex')
}

async function install(say) {
  const begun = performance.now()
  say('installing dependencies (npm ci) …')
  const [command, ...first] = npm()
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev', '--include=optional']
  const { code, output } = await runWatched(command, [...first, ...args], { cwd: CLONE })
  if (code !== 0) throw new Error(`npm ci failed, nothing was started:\n${output}`)
  // Written last: an installation that was interrupted has none and is done again.
  writeFileSync(STAMP, wantedStamp())
  say(`dependencies installed in ${secondsSince(begun)}`)
}

// The npm that runs us, or the one on PATH when we were started by hand.
function npm() {
  const running = process.env.npm_execpath ?? ''
  return basename(running).startsWith('npm-cli') ? [process.execPath, running] : ['npm']
}
