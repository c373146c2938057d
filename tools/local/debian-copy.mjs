// A private, unpacked copy of a program from the distribution's own packages: no root needed, nothing installed system-wide, and the
// system's own apt state is neither used for writing nor changed.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { aptConfiguration } from './debian-apt.mjs'
import { runWatched } from './watchdog.mjs'

const LIMIT_MS = 60_000

/**
 * @template Program
 * @param {{ name: string, packages: string[], copyDir: string, find: (root: string) => Program | null, say: (text: string) => void }} options
 *   `name` is what people call it; `find` gives the program in an unpacked tree, or null when none runs there
 * @returns {Promise<Program & { how: string }>}
 * @throws in one line, why there is none
 */
export async function unpackedCopy({ name, packages, copyDir, find, say }) {
  const how = 'private copy of the distribution’s package'
  const before = find(copyDir)
  if (before !== null) return { ...before, how }
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg')) {
    throw new Error(
      `no ${name} on PATH, and this is not a Debian-like system whose package could be unpacked`,
    )
  }
  say(`${name} is not installed: unpacking a private copy of the distribution’s package (once)`)
  await fillCopy({ packages, copyDir, find })
  const program = find(copyDir)
  if (program === null) throw new Error(`the unpacked ${name} does not run here`)
  return { ...program, how }
}

/** Where the libraries of an unpacked tree lie, as a path to search. */
export function libraryPathOf(root) {
  const places = ['lib', 'usr/lib'].map((place) => join(root, place)).filter((place) => existsSync(place))
  const folders = places.flatMap((place) => [place, ...foldersIn(place)])
  return folders.join(':')
}

function foldersIn(place) {
  const entries = readdirSync(place, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(place, entry.name))
}

// Made aside and renamed, so that a copy is whole or absent, and two starts at once do not disturb each other.
async function fillCopy({ packages, copyDir, find }) {
  mkdirSync(dirname(copyDir), { recursive: true })
  const workDir = mkdtempSync(join(dirname(copyDir), `${basename(copyDir)}-unpacking-`))
  try {
    const root = join(workDir, 'root')
    mkdirSync(root)
    // The program is tried as the id that it will run as, which has to get here.
    for (const folder of [workDir, root]) chmodSync(folder, 0o755)
    await unpackUntilItRuns({ workDir, root, packages, find, deadlineMs: Date.now() + LIMIT_MS })
    if (find(copyDir) !== null) return
    rmSync(copyDir, { recursive: true, force: true })
    renameSync(root, copyDir)
  } catch (error) {
    if (find(copyDir) === null) throw error
  } finally {
    rmSync(workDir, { recursive: true, force: true })
  }
}

// Distributions split a program and its libraries differently. So: unpack the program, try it, and add the libraries that the unpacked
// packages ask for, level by level, until it runs.
async function unpackUntilItRuns({ workDir, root, packages, find, deadlineMs }) {
  const apt = aptConfiguration(workDir)
  const unpacked = new Set()
  let wanted = packages
  for (let level = 0; level < 4 && wanted.length > 0; level++) {
    const archives = await download({ apt, packages: wanted, deadlineMs })
    for (const archive of archives) await run('dpkg', ['-x', archive, root], { deadlineMs })
    for (const name of wanted) unpacked.add(name)
    if (find(root) !== null) return
    const next = await Promise.all(archives.map((archive) => librariesOf(archive, deadlineMs)))
    wanted = [...new Set(next.flat())].filter((name) => !unpacked.has(name))
  }
  throw new Error(`the distribution’s ${packages[0]} does not run from an unpacked copy, or is too old`)
}
// The system's package lists may be absent (a slim image) or stale (the file is no longer on the mirror): then a private list is fetched.
async function download({ apt, packages, deadlineMs }) {
  const target = mkdtempSync(join(apt.dir, 'archives-'))
  for (const configFile of apt.hasOwnLists() ? [apt.withOwnLists] : [apt.withSystemLists, apt.withOwnLists]) {
    if (configFile === apt.withOwnLists && !apt.hasOwnLists()) {
      await run('apt-get', ['-q', '-c', configFile, 'update'], { deadlineMs })
    }
    const outcome = await tryRun('apt-get', ['-q', '-c', configFile, 'download', ...packages], {
      cwd: target,
      deadlineMs,
    })
    if (outcome.code === 0) break
    if (configFile === apt.withOwnLists) await downloadOneByOne({ configFile, packages, target, deadlineMs })
  }
  return readdirSync(target)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(target, name))
}

// A library may be a virtual package, which cannot be downloaded; the others still can.
async function downloadOneByOne({ configFile, packages, target, deadlineMs }) {
  let words = ''
  for (const name of packages) {
    const { output } = await tryRun('apt-get', ['-q', '-c', configFile, 'download', name], {
      cwd: target,
      deadlineMs,
    })
    words = output
  }
  if (readdirSync(target).length === 0)
    throw new Error(`the package could not be downloaded (${lastError(words)})`)
}

async function librariesOf(archive, deadlineMs) {
  const fields = await run('dpkg-deb', ['-f', archive, 'Pre-Depends', 'Depends'], { deadlineMs })
  const names = fields.replaceAll(/^(Pre-)?Depends:/gm, ',').split(',')
  const first = names.map((alternatives) => alternatives.trim().split(/[\s|(:]/)[0])
  // Never another C library: it must match the system's loader.
  return first.filter((name) => /^(lib|lua-)/.test(name) && !/^(libc6|libc-bin|libgcc-s1)$/.test(name))
}

async function run(command, args, settings) {
  const { code, output } = await tryRun(command, args, settings)
  if (code !== 0) throw new Error(`${command} failed (${lastError(output)})`)
  return output
}

async function tryRun(command, args, { cwd = '/', deadlineMs }) {
  const limitMs = deadlineMs - Date.now()
  if (limitMs <= 0) throw new Error(`it took longer than ${LIMIT_MS / 1000} s`)
  const outcome = await runWatched(command, args, {
    cwd,
    limitMs,
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (outcome.isLate) throw new Error(`it took longer than ${LIMIT_MS / 1000} s`)
  return outcome
}

function lastError(output) {
  const lines = output.split('\n').filter(Boolean)
  const cause = lines.findLast((line) =>
    /Could not|Failed to fetch|Temporary failure|Unable to locate/.test(line),
  )
  return cause ?? lines.findLast((line) => /^(E:|Err:|dpkg)/.test(line)) ?? lines.at(-1) ?? 'without a word'
}
