// Runs one conversation of a real client where it can reach nothing: own mounts, own processes, own network with loopback only,
// own home, an empty environment; /etc and /usr/local are overlays that end with it.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const INSIDE = fileURLToPath(new URL('./inside.mjs', import.meta.url))
const NAMESPACES = ['-m', '-n', '-p', '--fork', '--kill-child', '--mount-proc']

/** Why a conversation cannot be held on this machine; null: it can. */
export function roomProblem() {
  if (process.platform !== 'linux') return 'namespaces are a thing of Linux'
  const tried = spawnSync('unshare', [...asRoot(), ...NAMESPACES, 'true'], { encoding: 'utf8' })
  return tried.status === 0 ? null : `unshare: ${tried.error?.message ?? tried.stderr.trim()}`
}

const asRoot = () => (process.getuid?.() === 0 ? [] : ['--map-root-user'])

/**
 * @param {object} wanted what `inside.mjs` is told
 * @returns what it tells
 * @throws when the room itself fails; a client that fails is a result
 */
export async function converse(wanted, { limitMs = 60_000 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'writ-room-'))
  for (const part of ['home', 'work', 'layers', 'run']) mkdirSync(join(folder, part), { mode: 0o755 })
  writeFileSync(join(folder, 'wanted.json'), JSON.stringify({ ...wanted, folder, limitMs }))
  try {
    const { code, stderr } = await insideOf(folder, limitMs + 30_000)
    if (code !== 0) throw new Error(`the room ended with ${code}: ${stderr.trim().slice(-800)}`)
    return JSON.parse(readFileSync(join(folder, 'told.json'), 'utf8'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function insideOf(folder, limitMs) {
  const child = spawn('unshare', [...asRoot(), ...NAMESPACES, process.execPath, INSIDE, folder], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const words = []
  child.stderr.on('data', (chunk) => words.push(chunk))
  const late = setTimeout(() => child.kill('SIGKILL'), limitMs)
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 127, stderr: error.message }))
    child.once('close', (code, signal) => {
      clearTimeout(late)
      resolve({ code: code ?? signal, stderr: Buffer.concat(words).toString() })
    })
  })
}
