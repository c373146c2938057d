// Thousands of sockets that drip a byte now and then, from a few addresses: reaped and bounded; nobody else notices (fault drill 26).
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { result } from '../bench/figures.mjs'
import { startWorld } from '../bench/world.mjs'
import { callBeside, callTimes, percentile, signed } from './floods/caller.mjs'
import { mostSocketsOfOne } from './floods/sockets.mjs'
import { headOf } from './floods/raw.mjs'
import { besideRow } from './floods/rows.mjs'

/** How the short form differs: fewer sockets, a gateway with less patience. */
const FORMS = {
  long: {
    sources: 8,
    socketsOfEach: 1_250,
    perAddress: 1_000,
    dripMs: 10_000,
    headSeconds: 15,
    aSecond: 1_000,
    settledMs: 9_500,
    bodySeconds: 36,
    tuning: {},
  },
  short: {
    sources: 4,
    socketsOfEach: 60,
    perAddress: 40,
    dripMs: 500,
    headSeconds: 6,
    aSecond: 10_000,
    settledMs: 1_000,
    bodySeconds: 8,
    tuning: {
      WRIT_TIMEOUT_REQUEST_HEADERS_SECONDS: '2',
      WRIT_TIMEOUT_REQUEST_IDLE_SECONDS: '2',
      WRIT_TIMEOUT_REQUEST_SECONDS: '4',
    },
  },
}
const BASELINE_CALLS = 100

export async function run({ say, running, short }) {
  const form = short ? FORMS.short : FORMS.long
  const gateway = { ...form.tuning, WRIT_LIMIT_SOCKETS_PER_ADDRESS: String(form.perAddress) }
  const { agent, url } = await startWorld({ running, tuning: { gateway } })
  await callTimes(agent, url, 30)
  const before = await callTimes(agent, url, BASELINE_CALLS)
  say(`${form.sources * form.socketsOfEach} sockets …`)
  const flood = await startFlood(running, url, form, await signed(agent, url, Buffer.from('{}')))
  const most = mostSocketsOfOne(url, flood.addresses, form.settledMs)
  const during = await callBeside(agent, url, flood.over)
  return [
    delayRow(before, during),
    besideRow('slow-loris', during),
    ...lifeRows(await flood.over, form),
    shareRow(await most, form),
  ]
}

function shareRow(most, { perAddress, sources, socketsOfEach }) {
  const name = 'slow-loris: most sockets of one address'
  const unit = 'sockets'
  if (most === null)
    return {
      name,
      value: null,
      unit,
      target: `<= ${perAddress}`,
      holds: null,
      detail: 'this system does not tell',
    }
  const detail = `${socketsOfEach} were tried from each of ${sources} addresses`
  return result({ name, value: most, unit, atMost: perAddress, detail })
}

const delayRow = (before, during) =>
  result({
    name: 'slow-loris: others, p99',
    value: percentile(during.times, 0.99),
    unit: 'ms',
    atMost: 2,
    of: 'ratio',
    peer: 'p99 before it',
    peerValue: percentile(before.times, 0.99),
    detail: `${during.times.length} calls, each on a new socket; medians ${medianOf(before)} and ${medianOf(during)} ms`,
  })

const medianOf = ({ times }) => Math.round(percentile(times, 0.5))

function lifeRows(sockets, { headSeconds, bodySeconds }) {
  const told = sockets.filter(({ hasAnswer }) => hasAnswer).length
  const row = (kind, atMost, detail) =>
    result({
      name: `slow-loris: longest life of a ${kind} that drips`,
      value:
        Math.max(0, ...sockets.filter((one) => one.kind === kind).map(({ livedMs }) => livedMs ?? Infinity)) /
        1000,
      unit: 's',
      atMost,
      detail,
    })
  return [
    row(
      'head',
      headSeconds,
      `${told} of ${sockets.length} sockets were told that they are too slow or too many`,
    ),
    row('body', bodySeconds, 'bounded by the time for a whole request'),
  ]
}

/** The flood is a process of its own, so that the time that others wait is not the time of whoever floods. */
async function startFlood(running, url, { sources, bodySeconds, ...form }, headers) {
  const addresses = Array.from({ length: sources }, (_, at) => `127.0.0.${at + 20}`)
  const child = fork(fileURLToPath(new URL('floods/dripping.mjs', import.meta.url)))
  running.add('slow sockets', () => child.kill('SIGKILL'))
  const request = headOf(url, [...Object.entries(headers), ['Content-Length', 1_000]])
  child.send({ ...form, url, addresses, request, patienceMs: 1_500 * bodySeconds })
  const over = once(child, 'message').then(([{ lives }]) => lives)
  return { addresses, over }
}
