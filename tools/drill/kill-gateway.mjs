// A gateway that is killed under load, again and again, at random moments: nothing that it answered is missing or there twice (fault drill 1).
import { setTimeout as sleep } from 'node:timers/promises'
import { result } from '../bench/figures.mjs'
import { oracleRows } from './ledger/rows.mjs'
import { startDrillWorld } from './ledger/world.mjs'
import { numbersFrom } from './soak/dice.mjs'

const KILLS = 50
const SHORT_KILLS = 4
const READY_SECONDS = 10
/** more than there can be */
const A_SECOND = 10_000

export async function run({ say, running, short, seed, cases = short ? SHORT_KILLS : KILLS }) {
  const world = await startDrillWorld({ say, running, aSecond: short ? 120 : A_SECOND })
  const killed = await killUnderLoad(world, { kills: cases, random: numbersFrom(seed) })
  return [...killRows(killed), ...(await oracleRows('kill-gateway', world))]
}

/** @returns seconds from the start of the new process to the first call that it answered, after each kill */
export async function killUnderLoad({ gateway, load, say }, { kills, random }) {
  const seconds = []
  await load.more(50)
  for (let kill = 1; kill <= kills; kill += 1) {
    await load.more(20)
    await sleep(random() * 300)
    await gateway.kill()
    const begun = performance.now()
    await gateway.restart()
    await load.more(1)
    seconds.push((performance.now() - begun) / 1000)
    if (kill % 10 === 0) say(`killed ${kill} times …`)
  }
  return seconds
}

export const killRows = (seconds) => [
  result({
    name: 'kill-gateway: longest until it answers again',
    value: Math.max(...seconds),
    unit: 's',
    atMost: READY_SECONDS,
    detail: `${seconds.length} kills, each in the middle of calls; from the start of the process to its first answer`,
  }),
]
