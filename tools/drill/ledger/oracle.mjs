// The judge of a fault drill: what was answered must be in the ledger or on a gateway's disk, once, in order, under every checkpoint that was ever
// given out. It reads files and tables itself; of the product's code it uses the verifier that it judges beside, and what reads evidence for it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { Client } from 'pg'
import { verifyEvidence } from '@writ/audit'
import { createTenantScope, openDatabase, readEvidence } from '@writ/postgres'
import { endingsOf, weigh } from './judgement.mjs'

const HEADER_BYTES = 8

/** Waits until every disk has let go of what it has to ship. @returns seconds until then; null when it took too long */
export async function untilShipped({ gateway }, patienceMs = 120_000) {
  const begun = performance.now()
  while (performance.now() - begun < patienceMs) {
    if ((await waitingAt(gateway)) === 0) return (performance.now() - begun) / 1000
    await sleep(50)
  }
  return null
}

/** Records that a gateway has on its disk and the ledger has not confirmed; null when it does not say. */
export async function waitingAt({ adminUrl }) {
  const metrics = await fetch(`${adminUrl}/metrics`).then(
    (response) => response.text(),
    () => '',
  )
  const waiting = /^writ_spool_records (\d+)/m.exec(metrics)?.[1]
  return waiting === undefined ? null : Number(waiting)
}

/** All there is to know once the load has stopped. */
export async function judge(world) {
  await world.checkpoints.now()
  const tenants = []
  for (const tenant of world.tenants)
    tenants.push({
      rows: await recordsOf(world.platform.ownerUrl, tenant.id),
      seen: world.checkpoints.of(tenant),
      faults: await faultsOf(world, tenant),
    })
  const judgement = weigh({ lines: world.load.lines(), spooled: framesOn(world.nodes), tenants })
  return { ...judgement, whyNone: world.checkpoints.why() }
}

/** Decisions of all tenants that were opened and not closed, and those of which the platform says that their end is unknown. */
export async function endingsIn({ platform, tenants }) {
  const found = []
  for (const { id } of tenants) found.push(endingsOf(await recordsOf(platform.ownerUrl, id)))
  return {
    unfinished: found.flatMap(({ unfinished }) => unfinished),
    unknown: new Set(found.flatMap(({ unknown }) => [...unknown])),
  }
}

async function recordsOf(ownerUrl, tenant) {
  const client = new Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    await client.query("select set_config('app.tenant_id', $1, false)", [tenant])
    const { rows } = await client.query(
      'select leaf_index::float8 as leaf, bytes from writ.records where tenant_id = $1 order by leaf_index',
      [tenant],
    )
    return rows
  } finally {
    await client.end()
  }
}

/** As the API makes it, and of as many records as there are: the API refuses what is too much for one answer. */
export async function evidenceOf({ platform }, { id }) {
  const database = await openDatabase(platform.ownerUrl, { poolSize: 1, applicationName: 'drill' })
  try {
    const scope = createTenantScope(database)
    return await scope.run(id, (manager) => readEvidence(manager, { tenantId: id, exportedAt: new Date() }))
  } finally {
    await database.close()
  }
}

/** The signed head of the last stream may be a second away. */
async function faultsOf(world, tenant) {
  for (let attempt = 0; ; attempt += 1) {
    const { faults } = verifyEvidence(await evidenceOf(world, tenant))
    if (faults.length === 0 || attempt === 20) return faults
    await sleep(500)
  }
}

/** What stands on the disks of gateways, read as docs say that it is written: length, CRC-32, a line with its place, the record. */
export function framesOn(nodes) {
  return nodes.flatMap(({ stateDir }) =>
    spoolFilesBelow(stateDir).flatMap((path) => framesOf(readFileSync(path))),
  )
}

export const spoolFilesBelow = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.spool'))
    .map((name) => join(folder, name))

const LINE_BREAK = 0x0a

export function framesOf(bytes) {
  const frames = []
  for (let offset = 0; offset + HEADER_BYTES <= bytes.length;) {
    const end = offset + HEADER_BYTES + bytes.readUInt32BE(offset)
    if (end === offset + HEADER_BYTES || end > bytes.length) break
    const summed = Buffer.concat([
      bytes.subarray(offset, offset + 4),
      bytes.subarray(offset + HEADER_BYTES, end),
    ])
    if (crc32(summed) !== bytes.readUInt32BE(offset + 4)) break
    const lineEnd = bytes.indexOf(LINE_BREAK, offset + HEADER_BYTES)
    const [stream, seq] = bytes.toString('latin1', offset + HEADER_BYTES, lineEnd).split(' ')
    frames.push({ stream, seq: Number(seq), bytes: bytes.toString('utf8', lineEnd + 1, end) })
    offset = end
  }
  return frames
}
