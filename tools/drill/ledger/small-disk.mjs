// A disk of a few MiB for one process and those that it starts: mounted in a namespace that ends with them, as root or as an ordinary user.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isRoot } from '../../local/identity.mjs'

const INSIDE = fileURLToPath(new URL('inside.mjs', import.meta.url))
const MOUNT = 'mount -t tmpfs -o size="$1"m,mode=0700 drill "$2" && shift 2 && exec "$@"'

/**
 * Runs `runInside` of a module with such a disk. @param {{ module: string, mib: number, settings: object, say: Function, running: any }} wanted
 * @returns what it gave; null where this machine does not let anybody mount
 */
export async function onSmallDisk({ module, mib, settings, say, running }) {
  const disk = mkdtempSync(join(tmpdir(), 'writ-small-disk-'))
  running.add('folder of the small disk', () => rmSync(disk, { recursive: true, force: true }))
  if (!canMount(disk)) return null
  const words = [...namespace(), '/bin/sh', '-c', MOUNT, 'sh', String(mib), disk, ...backToUser()]
  const child = spawn(
    words[0],
    [...words.slice(1), process.execPath, INSIDE, module, JSON.stringify({ ...settings, disk })],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  running.add('what runs on the small disk', () => ended(child))
  child.stderr.setEncoding('utf8').on('data', (text) => say(text.trim()))
  const chunks = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`the drill on the small disk ended with ${code}`)
  return JSON.parse(Buffer.concat(chunks).toString())
}

const namespace = () => (isRoot() ? ['unshare', '-m'] : ['unshare', '-U', '-r', '-m'])

/** Postgres refuses to run as root, also where root is a name for somebody else. */
const backToUser = () =>
  isRoot() ? [] : ['unshare', '-U', `--map-user=${process.getuid()}`, `--map-group=${process.getgid()}`]

function canMount(disk) {
  const [command, ...first] = namespace()
  const { status } = spawnSync(
    command,
    [...first, '/bin/sh', '-c', MOUNT, 'sh', '1', disk, ...backToUser(), '/bin/true'],
    { stdio: 'ignore' },
  )
  return status === 0
}

async function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await new Promise((resolve) => child.once('close', resolve))
}
