// A million records (ten with `--full`) into the ledger as audit workers put them there, and what the same machine does with plain inserts and COPY.
import { fork } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomBytes } from 'node:crypto'
import { median, result, timedMs } from '../figures.mjs'
import { TARGETS_MICROS } from '../yardstick.mjs'
import { asOwner, insertNode, storedBytes } from './database.mjs'

const CHILD = fileURLToPath(new URL('ingest-child.mjs', import.meta.url))
const WORKERS = 2
const LEAST_A_CORE = 15_000
const MOST_VERIFICATIONS = Number((1_000_000 / LEAST_A_CORE / TARGETS_MICROS).toFixed(2))
const MOST_BYTES = 1.5
const KIB = 1024
const PEER_BYTES = 1100
const SINGLE = 2_000
const COPIED = 50_000

/** Fills the ledger with so many records. @returns result rows */
export async function fillLedger(ledger, { records, say, running }) {
  const emptyBytes = await storedBytes(ledger.ownerUrl)
  const before = ledger.cpuMicros()
  const begun = performance.now()
  const workers = await Promise.all(
    Array.from({ length: WORKERS }, (_, at) =>
      work(ledger, { at, records: records / WORKERS, say, running }),
    ),
  )
  const seconds = (performance.now() - begun) / 1000
  const serverMicros = ledger.cpuMicros() - before
  const kept = (await storedBytes(ledger.ownerUrl)) - emptyBytes
  const peers = await measurePeers(ledger)
  const workerMicros = workers.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0)
  const meanBytes = workers.reduce((sum, one) => sum + one.meanBytes, 0) / WORKERS
  return [
    ...rateRows({ records, workerMicros, serverMicros, peers, seconds, workers }),
    result({
      name: 'ledger.stored',
      value: kept / records / (meanBytes / KIB) / KIB,
      unit: 'KiB stored per KiB of record',
      atMost: MOST_BYTES,
      detail: `${records} records of ${Math.round(meanBytes)} bytes; ${Math.round(kept / records)} bytes each with indexes, batches and streams`,
    }),
  ]
}

async function work({ workerUrl, ownerUrl, tenant }, { at, records, say, running }) {
  const child = fork(CHILD, [workerUrl, tenant, String(at + 1), String(records)])
  running.add('worker of the bench', () => child.kill('SIGKILL'))
  return new Promise((resolve, reject) => {
    child.on('message', (said) => {
      if (said.node !== undefined)
        insertNode(ownerUrl, said.node, said.publicKey).then(() => child.send('go'), reject)
      else if (said.isDone) resolve(said)
      else if (at === 0) say(`${said.made * WORKERS} records …`)
    })
    child.once('exit', (code) => reject(new Error(`a worker of the bench ended with ${code}`)))
  })
}

function rateRows({ records, workerMicros, serverMicros, peers, seconds, workers }) {
  const rate = (micros) => records / (micros / 1_000_000)
  const slowestMs = Math.max(...workers.map(({ wallMs }) => wallMs))
  const how = `batches of up to 200, signature and chain verified, ${WORKERS} workers, one tenant, fsync on`
  return [
    result({
      name: 'ledger.ingest.worker',
      value: rate(workerMicros),
      unit: 'records/s and core',
      atLeast: LEAST_A_CORE,
      detail: `${how}; ${Math.round(records / (slowestMs / 1000))} records/s on this machine beside what makes them, ${Math.round(seconds)} s in all`,
    }),
    result({
      name: 'ledger.ingest.worker.verifications',
      value: workerMicros / records,
      unit: 'us CPU per record',
      of: 'ratio',
      atMost: MOST_VERIFICATIONS,
      peer: 'one ES256 verification, same processes',
      peerValue: median(workers.map(({ es256Micros }) => es256Micros)),
      detail: `the same, in what a verification takes on this machine now: ${LEAST_A_CORE} records/s are ${MOST_VERIFICATIONS} of one a record where it takes ${TARGETS_MICROS} us`,
    }),
    result({
      name: 'ledger.ingest.postgres',
      value: rate(serverMicros),
      unit: 'records/s and core',
      atLeast: LEAST_A_CORE,
      peer: 'COPY into a table with a key and no index, the ceiling',
      peerValue: peers.copied,
      detail: 'all processes of the server: backends, WAL writer, checkpointer, vacuum',
    }),
    result({
      name: 'ledger.ingest.single',
      value: rate(serverMicros),
      unit: 'records/s and core',
      peer: 'one INSERT a record, one table, no index but the key',
      peerValue: peers.single,
      detail: 'the same figure beside the plainest way',
    }),
  ]
}

/** Rows of one table with nothing but a key. @returns records a second and core of the server */
function measurePeers({ ownerUrl, stateDir, cpuMicros }) {
  return asOwner(ownerUrl, async (owner) => {
    await owner.query(
      'create table public.plain (seq bigint generated always as identity primary key, bytes bytea not null)',
    )
    const bytes = randomBytes(PEER_BYTES)
    const single = await rateOf(cpuMicros, SINGLE, async () => {
      for (let at = 0; at < SINGLE; at += 1)
        await owner.query('insert into public.plain (bytes) values ($1)', [bytes])
    })
    const file = join(stateDir, 'plain.txt')
    writeFileSync(file, `\\\\x${bytes.toString('hex')}\n`.repeat(COPIED))
    chmodSync(file, 0o644)
    const copied = await rateOf(cpuMicros, COPIED, () =>
      owner.query(`copy public.plain (bytes) from '${file}'`),
    )
    rmSync(file)
    await owner.query('drop table public.plain')
    return { single, copied }
  })
}

async function rateOf(cpuMicros, count, insert) {
  const before = cpuMicros()
  await timedMs(insert)
  return count / ((cpuMicros() - before) / 1_000_000)
}
