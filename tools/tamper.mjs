// `npm run tamper [-- --seed N --cases N --json]`: seeded alterations of packs by attackers who have no key, the key of a node, of the log, or
// all of them; both verifiers are asked about each, and every one must be found, the same by both, and named by its leaf where it has one.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { ensureBuild, ensureDependencies } from './dependencies.mjs'
import { createSay } from './local/progress.mjs'
import { createRunning } from './local/running.mjs'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    /** what all chance of the run is made of */
    seed: { type: 'string' },
    /** how many alterations in all */
    cases: { type: 'string', default: '600' },
    /** of this attack only; its name may be a part of it */
    attack: { type: 'string', default: '' },
    /** packs of a whole platform, and its database */
    platform: { type: 'boolean', default: false },
  },
})
const [seed, cases] = [values.seed ?? String(randomInt(2 ** 31)), values.cases]
if (!/^\d{1,10}$/.test(seed) || !/^[1-9]\d{0,6}$/.test(cases)) {
  console.error('--seed and --cases are whole numbers')
  process.exit(2)
}
const say = createSay(process.stderr)
const running = createRunning()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => void running.stopAll().then(() => process.exit(1)))

await ensureDependencies(say)
await ensureBuild(say)
say(`tampering, seed ${seed} …`)
const results = values.platform ? await onPlatform() : await onSamples()
await running.stopAll()
const report = { command: 'tamper', at: new Date().toISOString(), node: process.version, results }
if (values.json) console.log(JSON.stringify(report))
else
  for (const { name, value, unit, target, holds, detail } of results)
    console.log(
      `${name.padEnd(52)} ${value} ${unit}  target ${target}: ${holds ? 'holds' : 'FALLS SHORT'}\n    ${detail}`,
    )
process.exitCode = results.every(({ holds }) => holds) ? 0 : 1

async function onSamples() {
  const { tamper } = await import('./tamper/tamper.mjs')
  return tamper({ seed: Number(seed), cases: Number(cases), only: [values.attack], say, running })
}

async function onPlatform() {
  const { tamperPlatform } = await import('./tamper/platform.mjs')
  return tamperPlatform({ seed: Number(seed), cases: Number(cases), say, running })
}
