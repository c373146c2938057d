// What the ledger says of a flood.
import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 20_000

/** How many closed records name this refusal, once there are as many as are waited for, or patience is over. */
export async function recordsRefusedFor(admin, code, wanted) {
  const untilMs = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await count(admin, code)
    if (found >= wanted || performance.now() > untilMs) return found
    await sleep(250)
  }
}

async function count(admin, code) {
  let found = 0
  for (let after = -1; ;) {
    const { items, next } = await admin('GET', `records?kind=closed&limit=500&after=${after}`)
    found += items.filter(({ record }) => record.refusal === code).length
    if (next === null) return found
    after = next
  }
}
