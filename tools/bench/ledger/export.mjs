// A pack of all records, made by a control plane, taken, and verified by the program that travels with it: how long, and in how much memory.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createWriteStream, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pipeline } from 'node:stream/promises'
import { prepareQueueStore } from '@writ/redis'
import { startService } from '../../local/child.mjs'
import { CLONE } from '../../state.mjs'
import { cpuMicrosOf, result } from '../figures.mjs'

const VERIFIER = join(CLONE, 'libs', 'audit', 'verify', 'verify.mjs')
const LIMIT_MS = 30 * 60_000
const MIB = 1024 * 1024
/** of a million records, on a machine that does nothing else */
const MOST_SECONDS = 300
/** what may be in memory at once: pages, tiles, a report; the same for any number of records */
const MOST_MIB = 300

/**
 * @param {{ ownerUrl: string, tenant: string, stateDir: string, records: number, say: (text: string) => void, running: any }} filled
 *   a ledger with so many records of one tenant
 * @returns result rows
 */
export async function measureExport(filled) {
  const { records, say } = filled
  const plane = await startControlPlane(filled)
  const begun = performance.now()
  await sealed(plane, records)
  say(`sealed after ${seconds(begun)} s`)
  const file = join(filled.stateDir, 'pack.zip')
  const made = await makePack(plane, { say })
  await download(plane, made.pack.id, file)
  await plane.stop()
  const checked = await verify(file)
  const sizeBytes = statSync(file).size
  rmSync(file)
  return rows({ records: made.pack.rows, made, checked, sizeBytes })
}

async function startControlPlane({ ownerUrl, stateDir, running }) {
  await prepareQueueStore(ownerUrl)
  const operatorKey = randomBytes(32).toString('hex')
  const child = await startService({
    name: 'control-plane',
    entry: join(CLONE, 'apps', 'control-plane', 'dist', 'main.js'),
    cwd: stateDir,
    logFile: join(stateDir, 'control-plane.log'),
    env: {
      DATABASE_URL: asApp(ownerUrl),
      WRIT_MASTER_KEY: randomBytes(32).toString('base64url'),
      WRIT_JOIN_SECRET: randomBytes(32).toString('hex'),
      WRIT_OPERATOR_KEY: operatorKey,
      WRIT_CONTROL_PLANE_PORT: '0',
    },
  })
  running.add('control plane', () => child.stop())
  const url = `http://127.0.0.1:${child.ready.port}/api/v1`
  const { key } = await asked(`${url}/tenants/bench/api-keys`, operatorKey, { name: 'bench', role: 'owner' })
  return { url, key, pid: child.pid, stop: () => child.stop() }
}

function asApp(ownerUrl) {
  const url = new URL(ownerUrl)
  url.username = 'writ_app'
  url.password = 'bench-app'
  return url.href
}

async function asked(url, key, body) {
  const json = { 'content-type': 'application/json' }
  const response = await fetch(url, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${key}`, ...(body ? json : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return response.json()
}

/** Until a checkpoint covers all of them. */
async function sealed({ url, key }, records) {
  for (const untilMs = performance.now() + LIMIT_MS; performance.now() < untilMs; await sleep(500)) {
    const { checkpoint } = await asked(`${url}/audit/checkpoint`, key).catch(() => ({ checkpoint: null }))
    if ((checkpoint?.size ?? 0) >= records) return
  }
  throw new Error('the log was not sealed in half an hour')
}

async function makePack({ url, key, pid }, { say }) {
  await sleep(2000)
  const [restBytes, cpuBefore, begun] = [rssOf(pid), cpuMicrosOf(pid), performance.now()]
  const samples = []
  const { id } = await asked(`${url}/audit/packs`, key, {})
  for (let told = 0; ; await sleep(250)) {
    samples.push(rssOf(pid))
    const pack = await asked(`${url}/audit/packs/${id}`, key)
    if (pack.state === 'failed') throw new Error(`no pack: ${pack.failure}`)
    if (pack.state === 'done')
      return { pack, restBytes, samples, seconds: seconds(begun), cpuMicros: cpuMicrosOf(pid) - cpuBefore }
    if (performance.now() - told > 20_000) {
      told = performance.now()
      say(`${pack.progress?.step ?? pack.state} ${pack.progress?.done ?? ''} …`)
    }
  }
}

async function download({ url, key }, id, file) {
  const response = await fetch(`${url}/audit/packs/${id}/file`, {
    headers: { authorization: `Bearer ${key}` },
  })
  if (!response.ok) throw new Error(`the file: ${response.status}`)
  await pipeline(response.body, createWriteStream(file))
}

function verify(file) {
  const begun = performance.now()
  let peakBytes = 0
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [VERIFIER, file, '--json'],
      { maxBuffer: 64 * MIB },
      (_, out) => {
        clearInterval(timer)
        const { holds, rows: count, faults } = JSON.parse(out)
        if (holds) resolve({ seconds: seconds(begun), peakBytes, count })
        else reject(new Error(`the pack does not hold: ${JSON.stringify(faults[0])}`))
      },
    )
    const timer = setInterval(() => (peakBytes = Math.max(peakBytes, rssOf(child.pid))), 100)
  })
}

function rssOf(pid) {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kib ?? 0) * 1024
  } catch {
    return 0
  }
}

const seconds = (begun) => Math.round((performance.now() - begun) / 100) / 10

function rows({ records, made, checked, sizeBytes }) {
  const per = 1_000_000 / records
  const half = made.samples.slice(made.samples.length / 2)
  const peak = Math.max(...made.samples)
  return [
    result({
      name: 'ledger.export',
      value: made.seconds * per,
      unit: 's for a million records',
      atMost: MOST_SECONDS,
      detail: `${records} records, complete, personal fields asked for; ${Math.round(sizeBytes / MIB)} MiB; ${Math.round(made.cpuMicros / 1e6)} s of processor in the control plane`,
    }),
    result({
      name: 'ledger.export.memory',
      value: (peak - made.restBytes) / MIB,
      unit: 'MiB more than at rest',
      atMost: MOST_MIB,
      detail: `at most ${Math.round(peak / MIB)} MiB in the first half and ${Math.round(Math.max(...half) / MIB)} in the second`,
    }),
    result({
      name: 'ledger.verify',
      value: checked.seconds * per,
      unit: 's for a million records',
      atMost: MOST_SECONDS,
      detail: `verify.mjs, offline, of all ${checked.count} rows, table and proofs included`,
    }),
    result({
      name: 'ledger.verify.memory',
      value: checked.peakBytes / MIB,
      unit: 'MiB',
      atMost: MOST_MIB,
      detail: 'of the whole program',
    }),
  ]
}
