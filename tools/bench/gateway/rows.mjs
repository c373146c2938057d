// What the figures come to. Targets are the words of the task; `holds` is computed from the medians.
import { median, result } from '../figures.mjs'

/** Gateways of others with HTTP on both sides. */
const PEERS = ['sdk-gateway', 'mcp-proxy', 'inspector']
const TITLES = {
  nginx: 'nginx as a plain hop',
  'raw-node': 'node:http in, undici out, nothing read',
  'sdk-gateway': 'the official SDK 1.x on both sides',
  'mcp-proxy': 'mcp-proxy as a library, HTTP to HTTP',
  inspector: 'the proxy of MCP Inspector, HTTP to HTTP, one token for all',
  'mcp-proxy-cli': 'mcp-proxy, HTTP to stdio, its server counted too',
}

export function rowsOf({ figures, missing, sessions, versions }) {
  const of = (window, what) => {
    const all = (figures[window] ?? []).map((one) => one[what]).filter((one) => one !== undefined)
    return all.length === 0 ? null : median(all)
  }
  const cpu = (window) => of(window, 'settledMicros') ?? of(window, 'cpuMicros')
  const measured = { of, cpu, figures, nginx: cpu('nginx'), es256: of('es256', 'micros') }
  return [
    direct(measured),
    ...Object.keys(TITLES).map((name) => hopRow(measured, { name, missing, version: versions[name] })),
    ...oursRows(measured),
    ...peerRows(measured),
    verifyRow(measured),
    threeRow(measured),
    ...largeRows(measured),
    ...loneRows(measured),
    ...memoryRows(measured, sessions),
  ]
}

const round = (value) =>
  value === null ? '-' : value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))

/** A row against a peer of the same run; without the peer nothing can be said. */
function against({ peerValue, why = 'nginx could not be had', ...row }) {
  if (peerValue !== null && row.value !== null) return result({ ...row, peerValue, of: 'ratio' })
  const { name, value, unit, target = '', detail } = row
  return { name, value, unit, target, holds: null, detail: `not compared: ${why}; ${detail}` }
}

function spread({ figures, of }, window) {
  const all = figures[window].map(({ settledMicros, cpuMicros }) => settledMicros ?? cpuMicros)
  const rate = `${round(of(window, 'perSecond'))} calls/s with everything on one core`
  return `best round ${round(Math.min(...all))} us; ${rate}; p50 ${round(of(window, 'p50Millis'))}, p99 ${round(of(window, 'p99Millis'))} ms; ${round(of(window, 'megabytes'))} MB`
}

const direct = ({ of }) =>
  result({
    name: 'gateway.direct',
    value: of('direct', 'p50Millis'),
    unit: 'ms p50',
    detail: `16 connections straight to the upstream, ${round(of('direct', 'perSecond'))} calls/s`,
  })

function hopRow(measured, { name, missing, version }) {
  const unit = 'us CPU'
  if (missing[name] !== undefined)
    return { name: `gateway.${name}`, value: null, unit, target: '', holds: null, detail: missing[name] }
  const title = `${TITLES[name]}${version ? ` (${version})` : ''}`
  return against({
    name: `gateway.${name}`,
    value: measured.cpu(name),
    unit,
    peer: 'nginx',
    peerValue: measured.nginx,
    detail: `${title}; ${spread(measured, name)}`,
  })
}

const OURS = {
  'single.auth': ['auth', 'token, DPoP proof, replay, records and credential; no policies'],
  'single.full': ['full', 'everything on, single node: replay memory in the process'],
  'fleet.auth': ['auth.redis', 'as auth, replay in Redis'],
  'fleet.full': ['full.redis', 'everything on, replay in Redis'],
  'fleet.session': [
    'session',
    'and rules about what the session has done: its state is read and written for every message',
  ],
}

function oursRows(measured) {
  return Object.entries(OURS).map(([window, [name, detail]]) =>
    against({
      name: `gateway.${name}`,
      value: measured.cpu(window),
      unit: 'us CPU',
      peer: 'nginx',
      peerValue: measured.nginx,
      ...(window.endsWith('.full') ? { atMost: 10, target: '<= 10 x nginx' } : {}),
      detail: `${window.endsWith('.full') ? 'aimed at: 8; ' : ''}${detail}; ${spread(measured, window)}`,
    }),
  )
}

/** The cheapest of them, whatever it checks. */
function peerRows(measured) {
  const found = PEERS.map((name) => ({ name, micros: measured.cpu(name) })).filter(
    ({ micros }) => micros !== null,
  )
  const best = found.toSorted((one, other) => one.micros - other.micros)[0]
  return ['single.full', 'fleet.full'].map((window) => {
    const [name] = OURS[window]
    const row = { name: `gateway.${name}.peer`, unit: 'x', target: '>= 5 x' }
    if (best === undefined) return { ...row, value: null, holds: null, detail: 'no peer could be had' }
    return result({
      ...row,
      value: best.micros / measured.cpu(window),
      atLeast: 5,
      detail: `${best.name} needs ${round(best.micros)} us, ours ${round(measured.cpu(window))}; the best HTTP-to-HTTP peer of this run, which proves nobody and inspects nothing; aimed at: 6`,
    })
  })
}

const verifyRow = ({ cpu, es256 }) =>
  result({
    name: 'gateway.full.verifications',
    value: cpu('single.full'),
    unit: 'us CPU',
    peer: 'one ES256 verification',
    peerValue: es256,
    of: 'ratio',
    atMost: 3,
    target: '<= 3 ES256 verifications',
    detail: 'key imported once, on the same core in the same rounds; aimed at: 2.4',
  })

/** A tenth is what rounds differ by. */
const threeRow = (measured) =>
  result({
    name: 'gateway.full.three',
    value: measured.cpu('three'),
    unit: 'us CPU',
    peer: 'one gateway, replay in Redis',
    peerValue: measured.cpu('fleet.full'),
    of: 'ratio',
    atMost: 1.1,
    target: 'does not grow (<= 1.1)',
    detail: `three gateways, 48 connections; ${spread(measured, 'three')}`,
  })

function largeRows(measured) {
  const rows = [
    { name: 'gateway.100kb', window: 'large.auth', atMost: 2, detail: '100 KB of answer, no rule' },
    {
      name: 'gateway.100kb.inspected',
      window: 'large.full',
      atMost: 5,
      detail: '100 KB of answer, inspected and clean; aimed at: 2.5',
    },
  ]
  return rows.map(({ window, atMost, ...row }) =>
    against({
      ...row,
      value: measured.cpu(window),
      unit: 'us CPU',
      peer: 'nginx',
      peerValue: measured.cpu('large.nginx'),
      atMost,
      target: `<= ${atMost} x nginx`,
      detail: `${row.detail}; ${spread(measured, window)}`,
    }),
  )
}

function loneRows({ of }) {
  const p50 = (window) => of(window, 'p50Millis')
  return ['single', 'fleet'].map((kind) => {
    return against({
      name: `gateway.${OURS[`${kind}.full`][0]}.latency`,
      value: p50(`lone.apart.${kind}`),
      unit: 'ms p50',
      peer: 'nginx',
      peerValue: p50('lone.apart.nginx'),
      atMost: 2.5,
      target: '<= 2.5 x nginx',
      detail: `one call at a time, everything on, driver and upstream on the other core; all on one core: ${round(p50(`lone.${kind}`))} against ${round(p50('lone.nginx'))} ms`,
    })
  })
}

function memoryRows({ figures }, sessions) {
  const most = (window) => Math.max(...figures[window].map(({ megabytes }) => megabytes))
  const value = Math.max(most('single.full'), most('fleet.full'), most('large.full'))
  return [
    result({
      name: 'gateway.memory',
      value,
      unit: 'MB',
      atMost: 200,
      target: '<= 200 MB',
      detail: `RSS of one gateway, the most of all rounds: single node ${round(most('single.full'))}, with Redis ${round(most('fleet.full'))}, with 100 KB answers ${round(most('large.full'))}`,
    }),
    result({
      name: 'gateway.memory.sessions',
      value: sessions,
      unit: 'MB',
      atMost: 5,
      target: '<= 5 MB per 100 sessions',
      detail: 'growth of the process by sessions that were opened and left, of 1,000 after 500',
    }),
  ]
}
