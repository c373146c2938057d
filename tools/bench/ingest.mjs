// Records into the ledger, as the audit worker does it: verify the batch, then one sequenced transaction.
import { generateKeyPairSync, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import {
  extendStream,
  openBatch,
  rawPublicKey,
  sealRecord,
  signBatch,
  startOfStream,
  batchesOf,
} from '@writ/audit'
import { formatId, streamIdOf } from '@writ/contracts'
import { createTenantScope, ingestBatch, migrate, openDatabase } from '@writ/postgres'
import { startPostgres } from '../local/postgres.mjs'
import { stateDirectory } from '../state.mjs'
import { median, result, timedMs } from './figures.mjs'

const RECORDS = 4_000
const ROUNDS = 5
const id = (prefix) => formatId(prefix, Date.now(), randomBytes(10))

export async function measure({ running }) {
  const { ownerUrl, scope, tenant } = await ledger(running)
  const owner = new Client({ connectionString: ownerUrl })
  await owner.connect()
  running.add('owner connection', () => owner.end())
  await owner.query(
    'create table public.plain (seq bigint generated always as identity primary key, bytes bytea not null)',
  )
  const rates = { ledger: [], single: [] }
  for (let round = 0; round < ROUNDS; round += 1) {
    const { node, batches, publicKey, bytes } = signedBatches(tenant)
    await insertNode(owner, node, publicKey)
    const ledgerMs = await timedMs(async () => {
      for (const batch of batches) await ingestBatch(scope, { batch, records: openBatch(batch, publicKey) })
    })
    rates.ledger.push(RECORDS / (ledgerMs / 1000))
    const few = bytes.slice(0, 500)
    const singleMs = await timedMs(async () => {
      for (const one of few)
        await owner.query('insert into public.plain (bytes) values ($1)', [Buffer.from(one)])
    })
    rates.single.push(few.length / (singleMs / 1000))
  }
  const [value, peerValue] = [median(rates.ledger), median(rates.single)]
  return [
    result({
      name: 'ingest',
      value,
      unit: 'records/s',
      peer: 'one INSERT a record, one table, no index but the key',
      peerValue,
      atLeast: 1.5,
      of: 'ratio',
      detail: 'batches of 200, signature and chain verified, one worker, one tenant, fsync on',
    }),
  ]
}

async function ledger(running) {
  const stateDir = join(stateDirectory(), `bench-ingest-${process.pid}`)
  mkdirSync(stateDir, { recursive: true, mode: 0o711 })
  running.add('bench state', () => rmSync(stateDir, { recursive: true, force: true }))
  const postgres = await startPostgres({ stateDir, password: 'bench', port: 0 })
  running.add('postgres', postgres.stop)
  await migrate({ ownerUrl: postgres.url, appPassword: 'bench-app', workerPassword: 'bench-worker' })
  const tenant = id('ten')
  await insertTenant(postgres.url, tenant)
  const url = new URL(postgres.url)
  url.username = 'writ_worker'
  url.password = 'bench-worker'
  const database = await openDatabase(url.href, { poolSize: 4, applicationName: 'writ bench' })
  running.add('database', database.close)
  return { ownerUrl: postgres.url, scope: createTenantScope(database), tenant }
}

async function insertTenant(ownerUrl, tenant) {
  const group = id('grp')
  const owner = new Client({ connectionString: ownerUrl })
  await owner.connect()
  try {
    await owner.query('begin')
    await owner.query("select set_config('app.tenant_id', $1, true)", [tenant])
    await owner.query('insert into writ.tenants (id, slug, name, default_group_id) values ($1, $2, $2, $3)', [
      tenant,
      'bench',
      group,
    ])
    await owner.query(
      'insert into writ.access_groups (tenant_id, id, name, is_default) values ($1, $2, $3, true)',
      [tenant, group, 'default'],
    )
    await owner.query('insert into writ.tenant_logs (tenant_id, size) values ($1, 0)', [tenant])
    await owner.query('commit')
  } finally {
    await owner.end()
  }
}

const insertNode = (owner, node, publicKey) =>
  owner.query(
    `insert into writ.nodes (id, name, public_key, lease_key, origin, build) values ($1, 'bench', $2, '{}', 'http://bench', 'bench')`,
    [node, publicKey],
  )

function signedBatches(tenant) {
  const { privateKey: pem } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const privateKey = createPrivateKey(pem)
  const node = id('nod')
  const stream = streamIdOf(node, id('boo'), tenant)
  const frames = []
  let position = startOfStream(stream)
  for (let seq = 0; seq < RECORDS; seq += 1) {
    const sealed = sealRecord(fieldsOf(tenant, node), position)
    frames.push({ stream, seq, bytes: sealed.bytes })
    position = extendStream(position, sealed.sha256)
  }
  const batches = batchesOf(frames).map((batch) => signBatch(batch, privateKey))
  return {
    node,
    batches,
    publicKey: rawPublicKey(createPublicKey(privateKey)),
    bytes: frames.map(({ bytes }) => bytes),
  }
}

const fieldsOf = (tenant, node) => ({
  kind: 'closed',
  decisionId: id('dec'),
  tenant,
  at: new Date().toISOString(),
  channel: 'gateway',
  human: { id: id('hum'), name: 'Ada' },
  agent: { id: id('agt'), name: 'assistant' },
  session: id('ses'),
  keyThumbprint: randomBytes(32).toString('base64url'),
  connection: { id: id('con'), name: 'tools' },
  action: {
    method: 'tools/call',
    tool: 'lookup_order',
    class: 'read.private',
    classSource: 'inferred',
    resource: 'tools/lookup_order',
  },
  outcome: 'allow',
  refusal: null,
  outbound: { outcome: 'allow', matches: [], signals: [], modified: false },
  inbound: { outcome: 'allow', matches: [], signals: [], modified: false },
  bundle: { version: 7, sha256: randomBytes(32).toString('hex') },
  credential: null,
  request: { sha256: randomBytes(32).toString('hex'), sizeBytes: 1000 },
  response: { sha256: randomBytes(32).toString('hex'), sizeBytes: 1000, status: 200 },
  durationMicros: 900,
  gateway: { node, build: 'bench' },
})
