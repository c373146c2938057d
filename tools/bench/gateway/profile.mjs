// A CPU profile of a gateway for exactly one window of load, and its heaviest functions as text.
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CLONE } from '../../state.mjs'

/** The environment of a gateway that can be profiled. */
export const profileHook = {
  NODE_OPTIONS: `--import ${new URL('profile-hook.mjs', import.meta.url).href}`,
  WRIT_BENCH_PROFILES: tmpdir(),
}

/** Profiles a process during some work. @returns {Promise<string>} where the profile is, and its heaviest functions */
export async function profileOf(pid, work) {
  process.kill(pid, 'SIGUSR2')
  await work()
  process.kill(pid, 'SIGUSR2')
  const written = join(tmpdir(), `writ-${pid}.cpuprofile`)
  for (let waited = 0; !existsSync(`${written}.done`); waited += 50) {
    if (waited > 20_000) throw new Error('the profile was not written')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return `${written}\n${heaviest(JSON.parse(readFileSync(written, 'utf8')))}`
}

const SHOWN = 60

function heaviest({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const micros = new Map()
  let total = 0
  for (const [at, id] of samples.entries()) {
    const { functionName, url, lineNumber } = byId.get(id).callFrame
    if (functionName === '(idle)') continue
    const place = url === '' ? '' : ` ${placeOf(url)}:${lineNumber + 1}`
    const name = `${functionName || '(anonymous)'}${place}`
    micros.set(name, (micros.get(name) ?? 0) + timeDeltas[at])
    total += timeDeltas[at]
  }
  const heaviestFirst = [...micros].sort(([, a], [, b]) => b - a).slice(0, SHOWN)
  return heaviestFirst
    .map(([name, self]) => `${((self * 100) / total).toFixed(1).padStart(5)} %  ${name}`)
    .join('\n')
}

const placeOf = (url) => (url.startsWith('file:') ? relative(CLONE, fileURLToPath(url)) : url)
