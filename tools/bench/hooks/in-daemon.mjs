// What the daemon takes for one decision: from the bytes of an event to the rendered answer, its durable record between.
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { result } from '../figures.mjs'

const CHILD = fileURLToPath(new URL('./decisions.mjs', import.meta.url))
const PLACES = [
  ['records in memory', '/dev/shm'],
  ['records on the disk', tmpdir()],
]

export async function inDaemon({ say, running }) {
  const results = []
  for (const [what, folder] of PLACES.filter(([, place]) => existsSync(place))) {
    say(`measuring decisions in the daemon, ${what} …`)
    const home = mkdtempSync(join(folder, 'writ-bench-daemon-'))
    running.add(home, () => rmSync(home, { recursive: true, force: true }))
    const { stdout } = await promisify(execFile)(process.execPath, [CHILD, home])
    const { p50, p95, cpu } = JSON.parse(stdout)
    const detail = `${what}; medians of 5 rounds of 1,000 shell commands, 100 rules, one at a time; p95 ${p95.toFixed(2)} ms, CPU ${cpu.toFixed(2)} ms`
    // What a disk takes for a sync is not the daemon's.
    const bound = folder === '/dev/shm' ? { atMost: 1 } : {}
    results.push(result({ name: 'hooks.decision', value: p50, unit: 'ms', ...bound, detail }))
  }
  return results
}
