// The services of a start that was killed notice it and stop in order, which takes a moment. A gateway must not begin on its spool
// while an earlier one still writes it, so the next start waits for them.
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { birthOf } from './process-table.mjs'

const PATIENCE_MS = 12_000

/** Notes a service of this start. */
export function noteService(stateDir, name, pid) {
  appendFileSync(listOf(stateDir), `${JSON.stringify({ name, pid, birth: birthOf(pid) })}\n`, { mode: 0o600 })
}

/** Waits for the end of every service that an earlier start noted; kills what does not end. */
export async function awaitLeftovers(stateDir, say) {
  const left = notedIn(stateDir).filter(isStillThere)
  for (const { name } of left) say(`${name} of an earlier start is still stopping, waiting for it`)
  for (let waited = 0; waited < PATIENCE_MS && left.some(isStillThere); waited += 100) await sleep(100)
  for (const { pid } of left.filter(isStillThere)) process.kill(pid, 'SIGKILL')
  rmSync(listOf(stateDir), { force: true })
}

const listOf = (stateDir) => join(stateDir, 'services')

function notedIn(stateDir) {
  if (!existsSync(listOf(stateDir))) return []
  return readFileSync(listOf(stateDir), 'utf8').split('\n').flatMap(parseNote)
}

// The last line may be half written: its writer was killed.
function parseNote(line) {
  try {
    return [JSON.parse(line)]
  } catch {
    return []
  }
}

function isStillThere({ pid, birth }) {
  return birth !== undefined && birthOf(pid) === birth
}
