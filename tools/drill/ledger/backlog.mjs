// What waits between a gateway and the ledger, as the gateway's own metrics and the queue's own keys say.
import { setTimeout as sleep } from 'node:timers/promises'
import { waitingAt } from './oracle.mjs'

const EVERY_MS = 50

/** The most records that waited at the gateway within so many seconds of ordinary load. */
export async function ordinaryBacklog(gateway, seconds) {
  let most = 0
  for (const until = performance.now() + seconds * 1000; performance.now() < until; await sleep(EVERY_MS))
    most = Math.max(most, (await waitingAt(gateway)) ?? 0)
  return most
}

/** Seconds until no more waits than is ordinary, while calls go on; more than the patience where it took longer. */
export async function secondsUntilDrained(gateway, ordinary, patienceSeconds) {
  const begun = performance.now()
  for (;;) {
    const seconds = (performance.now() - begun) / 1000
    const waiting = await waitingAt(gateway)
    if ((waiting !== null && waiting <= ordinary) || seconds > patienceSeconds) return seconds
    await sleep(EVERY_MS)
  }
}

/** Jobs that wait in the queues, or are being worked on, whatever the queues are called. */
export async function jobsIn(redis, ...states) {
  const keys = await redis.command('KEYS', '*')
  const lists = keys.filter((key) => states.some((state) => key.endsWith(`:${state}`)))
  let jobs = 0
  for (const list of lists)
    if ((await redis.command('TYPE', list)) === 'list') jobs += Number(await redis.command('LLEN', list))
  return jobs
}
