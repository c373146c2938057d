import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Injectable } from '@nestjs/common'
import { noteKeyId, readNote } from '@writ/audit'
import type { TileReader } from '@writ/audit'
import { PackQuery } from '@writ/contracts'
import { latestCheckpoint, latestTrust, removedLeaves } from '@writ/postgres'
import type { CheckpointRow } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { PersonalFields } from '../personal/personal-fields.ts'
import { LogKeys } from '../transparency/log-keys.ts'
import { disclosureLines, tableLines } from './disclosures.ts'
import type { KnownNames } from './disclosures.ts'
import type { PackLease } from './lease.ts'
import { LARGEST_BYTES, requireReadable } from './limits.ts'
import { manifestText, streamNames } from './manifest.ts'
import type { PackFacts } from './manifest.ts'
import { planOf } from './plan.ts'
import {
  consistencyText,
  growthSince,
  hex,
  inclusionProofs,
  leafHashes,
  rangeProof,
  tilesOf,
} from './proofs.ts'
import type { Growth } from './proofs.ts'
import { queryText } from './query-text.ts'
import type { ReportFacts } from './report/report.ts'
import { rowsOf } from './rows.ts'
import { checkpointBefore, packById, requesterOf } from './store.ts'
import type { PackRow } from './store.ts'
import { batchLines, lostRanges, streamHeads } from './streams.ts'
import type { LostRange } from './streams.ts'
import { Tally } from './tally.ts'
import { PackImpossible, PackInterrupted, rowsIn } from './work.ts'
import { inPieces, zipOf } from './zip.ts'
import type { Member, Written } from './zip.ts'

/** A checkpoint is a matter of seconds; it is looked for again after so long, and given up after that. */
const UNSEALED_MS = 1000
const UNSEALED_LONGEST_MS = 30 * 60_000
const PIECE_BYTES = 1024 * 1024
const KEPT_MS = 7 * 24 * 3_600_000

/** Everything that is known before the first row is read. */
type Made = {
  readonly facts: PackFacts
  readonly checkpoint: CheckpointRow
  readonly trust: string
  readonly growth: Growth
  readonly tiles: TileReader
  readonly removed: readonly Removed[]
}
type Removed = { readonly first: number; readonly last: number }

/** Makes packs: reads the ledger page by page, and writes the archive piece by piece. */
@Injectable()
export class PackMaking {
  constructor(
    private readonly clock: Clock,
    private readonly personal: PersonalFields,
    private readonly keys: LogKeys,
  ) {}

  /** @throws PackImpossible, PackInterrupted, or whatever went wrong on the way */
  async make(lease: PackLease, id: string): Promise<void> {
    const row = await lease.inTenant((db) => packById(db, id))
    if (row === null) throw new PackInterrupted()
    const checkpoint = await lease.inTenant(({ manager }) => latestCheckpoint(manager))
    if (checkpoint === null || checkpoint.size < row.log_size) return this.#wait(lease, row)
    const made = await this.#begun(lease, row, checkpoint)
    const { plan } = made.facts
    await lease.plan(plan, checkpoint.note, rowsIn(plan))
    await lease.finish(await this.#written(lease, made))
  }

  /** The log was not signed as far as the pack reaches. */
  #wait(lease: PackLease, { requested_at: at }: PackRow): Promise<void> {
    if (this.clock.nowMs() - at.getTime() > UNSEALED_LONGEST_MS)
      throw new PackImpossible('the log was not signed since this was asked for')
    return lease.release(UNSEALED_MS, false)
  }

  async #begun(lease: PackLease, row: PackRow, checkpoint: CheckpointRow): Promise<Made> {
    const plan = await planOf(lease, row, checkpoint.size)
    const { before, trust, removed, tenant } = await lease.inTenant(async (db) => ({
      before: await checkpointBefore(db, checkpoint.origin),
      trust: (await latestTrust(db.manager))?.file ?? null,
      removed: await removedLeaves(db.manager, { from: plan.query.leaves?.from ?? 0, to: plan.to }),
      tenant: await db.first<PackFacts['tenant']>('select id, slug, name from writ.tenants where id = $1'),
    }))
    if (trust === null || tenant === null) throw new Error('a signed log has a trust file, and a tenant')
    const { origin } = checkpoint
    if (!trust.includes(`+${await this.#keyId(origin)}+`)) throw notTrusted()
    const tiles = tilesOf(lease)
    const facts: PackFacts = {
      plan,
      tenant,
      requestedBy: requesterOf(row),
      requestedAt: row.requested_at.toISOString(),
      madeAt: new Date(this.clock.nowMs()),
      origin,
    }
    const growth = await growthSince(tiles, before, { origin, size: checkpoint.size })
    return { facts, checkpoint, trust, growth, tiles, removed }
  }

  async #written(
    lease: PackLease,
    made: Made,
  ): Promise<{ sizeBytes: number; sha256: string; expiresAt: Date }> {
    const written: Written[] = []
    const zip = zipOf(this.#members(lease, made, written), made.facts.madeAt, (member) => {
      requireReadable(member)
      written.push(member)
    })
    const sha256 = createHash('sha256')
    let sizeBytes = 0
    try {
      for await (const piece of inPieces(zip, PIECE_BYTES)) {
        sha256.update(piece)
        sizeBytes += piece.length
        if (sizeBytes > LARGEST_BYTES) throw tooLarge()
        await lease.addPiece(piece)
      }
    } finally {
      zip.destroy()
    }
    return { sizeBytes, sha256: sha256.digest('hex'), expiresAt: new Date(this.clock.nowMs() + KEPT_MS) }
  }

  /** In the order in which they are written: what a later one tells of an earlier one is known by then. */
  #members(lease: PackLease, made: Made, written: readonly Written[]): Member[] {
    const { facts, checkpoint, trust, growth } = made
    const { plan } = facts
    const tally = new Tally()
    const names: KnownNames = new Map()
    const table = { personal: this.personal, names, tally }
    let lost: readonly LostRange[] = []
    const manifest = once(() => manifestText(facts, { tally, lost }, written))
    return [
      { name: 'records.jsonl', bytes: () => recordLines(lease, plan) },
      { name: 'leaves.txt', bytes: () => leafLines(plan) },
      ...proofMembers(lease, made),
      { name: 'disclosures.jsonl', bytes: () => disclosureLines(lease, plan, this.personal, names) },
      { name: 'records.csv', bytes: () => tableLines(lease, plan, table) },
      {
        name: 'streams.json',
        bytes: async function* () {
          lost = await lostRanges(lease, plan, tally)
          yield* streamHeads(lease, streamNames(tally, lost))
        },
      },
      { name: 'batches.jsonl', bytes: () => batchLines(lease, tally) },
      { name: 'report.pdf', bytes: () => report(reportFacts(made, tally, lost)), isDense: true },
      { name: 'checkpoint.note', bytes: () => one(checkpoint.note) },
      { name: 'consistency.json', bytes: () => one(consistencyText(growth)) },
      { name: 'trust.json', bytes: () => one(trust) },
      { name: 'verify.mjs', bytes: () => one(verifier()) },
      { name: 'manifest.json', bytes: () => one(manifest()) },
      { name: 'manifest.jws', bytes: () => one(this.#signed(manifest(), facts.origin)) },
    ]
  }

  /** Compact JWS (RFC 7515) by the key of the log. */
  async #signed(payload: string, origin: string): Promise<string> {
    const kid = await this.#keyId(origin)
    const header = base64url(JSON.stringify({ alg: 'EdDSA', kid }))
    const statement = `${header}.${base64url(payload)}`
    const signature = await this.keys.sign(Buffer.from(statement))
    return `${statement}.${Buffer.from(signature).toString('base64url')}`
  }

  /** Of the key that signs now, as key lines have it. */
  async #keyId(origin: string): Promise<string> {
    return noteKeyId(await this.keys.noteKey(origin))
      .toString(16)
      .padStart(8, '0')
  }
}

// A trust file is renewed with each checkpoint: a log that was stopped has an old one.
const notTrusted = () =>
  new PackImpossible('the log was not signed since its key changed: ask again when it is')

const tooLarge = () => new PackImpossible('the pack would be larger than 4 GiB: ask for a smaller range')

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

/** The program that verifies a pack anywhere travels with it. */
const verifier = (): Promise<Buffer> => readFile(fileURLToPath(import.meta.resolve('@writ/audit/verify.mjs')))

async function* one(bytes: string | Promise<string | Uint8Array>): AsyncGenerator<string | Uint8Array> {
  yield await bytes
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => (made ??= { value: make() }).value
}

const LINE_END = Buffer.from('\n')

async function* recordLines(lease: PackLease, plan: PackFacts['plan']): AsyncGenerator<Uint8Array> {
  for await (const rows of rowsOf(lease, plan, 'records'))
    yield Buffer.concat(rows.flatMap(({ bytes }) => [bytes, LINE_END]))
}

async function* leafLines({ from, to, leaves }: PackFacts['plan']): AsyncGenerator<string> {
  let text = ''
  for (const leaf of leaves?.values() ?? between(from, to)) {
    text += `${leaf}\n`
    if (text.length < 65_536) continue
    yield text
    text = ''
  }
  yield text
}

function* between(from: number, to: number): Generator<number> {
  for (let leaf = from; leaf < to; leaf += 1) yield leaf
}

function proofMembers(lease: PackLease, { facts: { plan }, tiles }: Made): Member[] {
  if (plan.kind === 'filter')
    return [{ name: 'proofs.jsonl', bytes: () => inclusionProofs(lease, tiles, plan) }]
  return [
    { name: 'leaf-hashes.bin', bytes: () => leafHashes(lease, tiles, plan), isDense: true },
    { name: 'range-proof.json', bytes: () => rangeProof(tiles, plan) },
  ]
}

/** What draws it, and its fonts, are loaded by whoever makes a pack, and not by every start. */
async function* report(facts: ReportFacts): AsyncGenerator<Uint8Array> {
  const { reportOf } = await import('./report/report.ts')
  yield* reportOf(facts)
}

/** What retention removed of the leaves that were asked for. */
function removedOf({ query, to }: PackFacts['plan'], ranges: readonly Removed[]): ReportFacts['removed'] {
  const from = query.leaves?.from ?? 0
  let [count, before] = [0, 0]
  for (const { first, last } of ranges) {
    const end = Math.min(to, last + 1)
    count += end - Math.max(from, first)
    before = Math.max(before, end)
  }
  return count === 0 ? null : { count, before }
}

function reportFacts(
  { facts, checkpoint, growth, removed }: Made,
  tally: Tally,
  lost: readonly LostRange[],
): ReportFacts {
  const { plan, tenant, requestedBy, requestedAt, madeAt, origin } = facts
  const { id, kind, from, to, treeSize, disclosed } = plan
  const names = readNote(checkpoint.note)?.signatures.map(({ name }) => name) ?? []
  return {
    id,
    kind,
    from,
    to,
    treeSize,
    disclosed,
    tenant,
    requestedBy,
    requestedAt,
    madeAt,
    origin,
    query: queryText(PackQuery.parse(plan.query)),
    rootHash: hex(checkpoint.root),
    witnesses: [...new Set(names)].filter((name) => name !== origin),
    previousSize: growth.size,
    removed: removedOf(plan, removed),
    tally,
    lost,
  }
}
