// What drives the load, seen from the drill: a process, its file, and how far it has come.
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { percentile } from '../floods/caller.mjs'

const PATIENCE_MS = 60_000

/**
 * Calls as soon as it is opened, and paused then.
 * @returns `answered()`: calls that were answered so far; `lines()`: all that was written down; `during(fromMs, toMs)`: of those that began then
 */
export async function openLoad({ running, dir, callers, aSecond, agents }) {
  const file = join(dir, 'answered.jsonl')
  const child = fork(fileURLToPath(new URL('driver.mjs', import.meta.url)))
  running.add('load of the drill', () => child.kill('SIGKILL'))
  let last = { answered: 0, allowed: 0, allowedAtMs: 0 }
  let isDead = false
  const done = new Promise((resolve) => {
    child.on('message', (said) => {
      last = said
      if (said.isDone) resolve()
    })
    child.once('exit', () => {
      isDead = true
      resolve()
    })
  })
  child.send({ agents, file, callers, aSecond, name: 'call' })
  const load = {
    answered: () => last.answered,
    allowed: () => last.allowed,
    /** resolves once what was under way has been answered */
    pause: async () => {
      child.send({ told: 'pause' })
      for (let before = -1; before !== last.answered; await sleep(300)) before = last.answered
    },
    resume: () => child.send({ told: 'resume' }),
    /** so many more allowed answers. @throws when they do not come */
    more: async (count, patienceMs = PATIENCE_MS) => {
      const until = last.allowed + count
      for (let waitedMs = 0; last.allowed < until; waitedMs += 10) {
        if (isDead) throw new Error('the load has ended by itself')
        if (waitedMs > patienceMs)
          throw new Error(
            `no ${count} more answers within ${patienceMs / 1000} s: ${sayingsOf(load.lines())}`,
          )
        await sleep(10)
      }
    },
    stop: async () => {
      if (!isDead) child.send({ told: 'stop' })
      await done
    },
    lines: () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    during: (fromMs, toMs) => load.lines().filter(({ startedMs }) => startedMs >= fromMs && startedMs < toMs),
  }
  return load
}

/** How often each thing was said, the most frequent first. */
export function sayingsOf(lines) {
  const counts = new Map()
  for (const { said } of lines) counts.set(said, (counts.get(said) ?? 0) + 1)
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .map(([said, times]) => `${said}: ${times}`)
    .join(', ')
}

/** Milliseconds in which calls were answered with a result. */
export const p99Of = (lines) =>
  percentile(
    lines.filter(({ said }) => said === 'result').map(({ tookMs }) => tookMs),
    0.99,
  )
