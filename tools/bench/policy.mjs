// The policy engine against the engines that one could pick instead, on the same rules and requests; then the detectors and session policies.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CLONE } from '../state.mjs'
import { childBench } from './child-bench.mjs'
import { result } from './figures.mjs'

const SHAPE = '100 policies / 500 rules / requests of 1.5 KB'

export async function measure() {
  return [...(await decisions()), ...(await detectors()), ...(await sessions())]
}

async function decisions() {
  const { figures, matchedPerRequest, loadMs, heapBytes } = await against()
  const { writ, ...peers } = figures
  const bounds = { 'cedar-wasm': 1 / 100, 'cel-js': 1 / 10 }
  const detail = `${SHAPE}; ${matchedPerRequest.toFixed(1)} rules match a request; answers compared first`
  return [
    result({ name: 'policy.decide', value: writ, unit: 'us CPU', atMost: 10, detail }),
    ...Object.entries(peers).map(([peer, peerValue]) =>
      result({
        name: `policy.decide.${peer}`,
        value: writ,
        unit: 'us CPU',
        peer,
        peerValue,
        of: 'ratio',
        ...(bounds[peer] ? { atMost: bounds[peer] } : {}),
        detail: peer === 'casbin' ? 'answers only whether any rule matches' : 'the same rules match',
      }),
    ),
    result({ name: 'policy.load', value: loadMs, unit: 'ms', atMost: 100, detail: SHAPE }),
    result({
      name: 'policy.memory',
      value: heapBytes / 1e6,
      unit: 'MB',
      atMost: 3,
      detail: 'heap of one bundle',
    }),
  ]
}

async function against() {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', '--no-warnings', join(CLONE, 'tools', 'bench', 'policy', 'run.mjs')],
    { timeout: 300_000, maxBuffer: 1e7 },
  )
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

async function detectors() {
  const [rate, slice] = await childBench(['policy', 'bench', 'detect.mjs'])
  const detail = JSON.stringify(rate.detail)
  return [
    result({ name: 'policy.detect', value: rate.value, unit: 'MB/s', atLeast: 40, detail }),
    result({
      name: 'policy.detect.slice',
      value: slice.value,
      unit: 'ms',
      atMost: 20,
      detail: 'the longest stretch without a turn for others',
    }),
  ]
}

/** The same conditions after short and long histories: the worst of them counts. */
async function sessions() {
  const figures = (await childBench(['policy', 'bench', 'session.mjs'])).filter(
    ({ name }) => name === 'session.ten',
  )
  const worst = Math.max(...figures.map(({ value }) => value))
  const by = figures.map(({ value, detail }) => `${detail.events} events: ${value} us`).join(', ')
  return [
    result({
      name: 'policy.session',
      value: worst,
      unit: 'us CPU',
      atMost: 2,
      detail: `ten templates; ${by}`,
    }),
  ]
}
