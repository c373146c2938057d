// Access tokens that one control plane issues in a second: assertion, proof, session and signature each time.
import { cpuMicrosOf, median, result } from '../figures.mjs'
import { startWorld } from '../world.mjs'

const ROUNDS = 7
const PER_ROUND = 120
const AT_ONCE = 8

export async function issuing(running) {
  const { platform, agent } = await startWorld({ running })
  const { pid } = platform.controlPlane
  await agent.newToken()
  const perSecond = []
  const micros = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const cpuBefore = cpuMicrosOf(pid)
    const begun = performance.now()
    await Promise.all(Array.from({ length: AT_ONCE }, () => inTurn(PER_ROUND / AT_ONCE, agent.newToken)))
    perSecond.push((PER_ROUND * 1000) / (performance.now() - begun))
    micros.push((cpuMicrosOf(pid) - cpuBefore) / PER_ROUND)
  }
  const detail = `${AT_ONCE} in flight, Postgres and the asking agent on the same cores; ${Math.round(median(micros))} us CPU of the control plane each`
  return [
    result({ name: 'identity.tokens', value: median(perSecond), unit: 'tokens/s', atLeast: 60, detail }),
  ]
}

async function inTurn(times, work) {
  for (let done = 0; done < times; done += 1) await work()
}
