import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const LIMIT_MS = 60_000

/**
 * A private, unpacked copy of a package of the distribution: no root, nothing installed, the system's own package state is neither written
 * nor changed. Made aside and renamed, so that a copy is whole or absent.
 * @throws in one line, why there is none
 */
export async function unpackedPackage(name: string, copyFolder: string): Promise<void> {
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg'))
    throw new Error('this is not a Debian-like system whose package could be unpacked')
  await mkdir(dirname(copyFolder), { recursive: true, mode: 0o700 })
  const work = await mkdtemp(join(dirname(copyFolder), 'unpacking-'))
  try {
    const root = join(work, 'root')
    await mkdir(root)
    await run('dpkg', ['-x', await download(name, work), root], work)
    await rename(root, copyFolder).catch((error: unknown) => {
      // another start was quicker
      if (!existsSync(copyFolder)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

// The system's lists may be absent (a slim image) or stale (the file is no longer on the mirror): then lists of our own are fetched.
async function download(name: string, work: string): Promise<string> {
  for (const folder of ['lists/partial', 'cache/archives/partial', 'archives'])
    await mkdir(join(work, folder), { recursive: true })
  const archives = join(work, 'archives')
  const withSystemLists = await configuration(work, 'system-lists.conf', '')
  const isThere = await run('apt-get', ['-q', '-c', withSystemLists, 'download', name], archives).then(
    () => true,
    () => false,
  )
  if (!isThere) {
    const own = `Dir::State "${work}";\nDir::State::lists "${work}/lists";\n`
    const withOwnLists = await configuration(work, 'own-lists.conf', own)
    await run('apt-get', ['-q', '-c', withOwnLists, 'update'], archives)
    await run('apt-get', ['-q', '-c', withOwnLists, 'download', name], archives)
  }
  const archive = (await readdir(archives)).find((entry) => entry.endsWith('.deb'))
  if (archive === undefined) throw new Error(`the package ${name} could not be downloaded`)
  return join(archives, archive)
}

// Given with `-c`, which is read after the system's own, so mirrors and proxies stay. Hooks are cleared: a system's own may change things elsewhere.
async function configuration(work: string, name: string, more: string): Promise<string> {
  const file = join(work, name)
  const hooks = ['APT::Update::Pre-Invoke', 'APT::Update::Post-Invoke', 'DPkg::Post-Invoke']
  const lines = [
    ...[...hooks, 'APT::Update::Post-Invoke-Success'].map((hook) => `#clear ${hook};`),
    'APT::Sandbox::User "";',
    'APT::Update::Error-Mode "any";',
    'Acquire::Retries "1";',
    'Acquire::http::Timeout "15";',
    'Acquire::https::Timeout "15";',
    'Acquire::Languages "none";',
    'Debug::NoLocking "1";',
    'Dir::State::status "/var/lib/dpkg/status";',
    `Dir::Cache "${work}/cache";`,
  ]
  await writeFile(file, `${lines.join('\n')}\n${more}`)
  return file
}

function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'], timeout: LIMIT_MS })
    let words = ''
    child.stderr.on('data', (bytes: Buffer) => (words = (words + bytes.toString('utf8')).slice(-4000)))
    child.on('error', reject)
    child.on('close', (code) => {
      const line = words.split('\n').findLast((text) => /^(E:|Err:|dpkg)/.test(text))
      if (code === 0) resolve()
      else reject(new Error(`${program} failed (${line ?? 'without a word'})`))
    })
  })
}
