import type { KeyObject } from 'node:crypto'
import { hash } from 'node:crypto'
import type { Json, NodeId, Sealed, StreamHead, StreamId, TenantId } from '@writ/contracts'
import { streamIdOf } from '@writ/contracts'
import type { Frame } from '../batch.ts'
import { batchesOf, signBatch } from '../batch.ts'
import { canonical } from '../canonical.ts'
import { signHead } from '../head.ts'
import type { RecordFields } from '../record.ts'
import { sealRecord } from '../record.ts'
import { AT, fields, nodeKey, present } from '../sample.fixture.ts'
import type { StreamPosition } from '../stream-chain.ts'
import { extendStream, startOfStream } from '../stream-chain.ts'
import { openEdge } from '../tree/edge.ts'
import { leafHash } from '../tree/hashes.ts'
import type { TileReader } from '../tree/tiles.ts'

/** A number from 0 to before `below`, always the same ones for one seed (mulberry32). */
export function chanceOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export type SampleBatch = {
  readonly stream: StreamId
  readonly fromSeq: number
  readonly count: number
  readonly headHash: string
  readonly signature: string
}
export type SampleDisclosure = {
  readonly leaf: number
  readonly path: string
  readonly salt: string
  readonly value: string
}

/** The log of one tenant with all that packs are made of. Everything comes from the seed, keys too. */
export type SampleLog = {
  readonly tenant: TenantId
  readonly leaves: readonly Frame[]
  readonly batches: readonly SampleBatch[]
  readonly heads: ReadonlyMap<StreamId, StreamHead>
  readonly nodes: ReadonlyMap<NodeId, KeyObject>
  readonly disclosures: readonly SampleDisclosure[]
  /** sizes at which a transaction ended: checkpoints stand there */
  readonly sizes: readonly number[]
  readonly tiles: TileReader
}

const ulid = (text: string): string => text.padStart(26, '0')

/** Records that one transaction takes into the log: consecutive ones of one stream, one signed batch. */
export type SampleBurst = { readonly stream: StreamId; readonly records: readonly RecordFields[] }
export type SamplePlan = {
  readonly tenant: TenantId
  readonly nodes: ReadonlyMap<NodeId, KeyObject>
  readonly bursts: readonly SampleBurst[]
  readonly disclosures: readonly SampleDisclosure[]
}
type SampleWishes = {
  readonly leaves: number
  readonly streams?: number
  readonly seed?: number
  readonly tenant?: string
}

export const sampleLog = (wishes: SampleWishes): SampleLog => logOf(samplePlan(wishes))

/** What a log is made of, before anything is chained or signed: who alters it has the keys of all nodes. */
export function samplePlan({ leaves, streams = 3, seed = 1, tenant: name = 'A' }: SampleWishes): SamplePlan {
  const chance = chanceOf(seed)
  const tenant: TenantId = `ten_${ulid(name)}`
  const nodes = new Map<NodeId, KeyObject>()
  for (let at = 0; at < streams; at += 2)
    nodes.set(`nod_${ulid(String(at / 2))}`, nodeKey(10 + (seed % 100) + at))
  const bursts: SampleBurst[] = []
  const disclosures: SampleDisclosure[] = []
  for (let leaf = 0; leaf < leaves;) {
    const at = chance(streams)
    const stream = streamIdOf(`nod_${ulid(String(at >> 1))}`, `boo_${ulid(String(at))}`, tenant)
    const count = Math.min(1 + chance(7), leaves - leaf)
    const serials = Array.from({ length: count }, (_, more) => leaf + more)
    disclosures.push(...serials.filter((serial) => serial % 3 !== 2).map(disclosureOf))
    bursts.push({ stream, records: serials.map((serial) => recordFields(serial, tenant, stream)) })
    leaf += count
  }
  return { tenant, nodes, bursts, disclosures }
}

export function logOf({ tenant, nodes, bursts, disclosures }: SamplePlan): SampleLog {
  const positions = new Map<StreamId, StreamPosition>()
  const [leaves, batches, sizes]: [Frame[], SampleBatch[], number[]] = [[], [], [0]]
  for (const { stream, records } of bursts) {
    let next = positions.get(stream) ?? startOfStream(stream)
    const frames = records.map((record) => {
      const { bytes, sha256 } = sealRecord(record, next)
      const frame = { stream, seq: next.seq, bytes }
      next = extendStream(next, sha256)
      return frame
    })
    positions.set(stream, next)
    leaves.push(...frames)
    sizes.push(leaves.length)
    for (const batch of batchesOf(frames)) {
      const { fromSeq, headHash, signature } = signBatch(batch, keyOf(nodes, stream))
      batches.push({ stream, fromSeq, count: batch.records.length, headHash, signature })
    }
  }
  const heads = [...positions.values()].map(({ stream, seq, prev }) =>
    signHead({ stream, nextSeq: seq, headHash: prev, at: AT }, keyOf(nodes, stream)),
  )
  const byStream = new Map(heads.map((head) => [head.stream, head]))
  return { tenant, nodes, leaves, batches, heads: byStream, disclosures, sizes, tiles: tilesOf(leaves) }
}

const keyOf = (nodes: SamplePlan['nodes'], stream: StreamId): KeyObject =>
  present(nodes.get(nodeIdOf(stream)))

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the part of a stream id before the first colon is one
export const nodeIdOf = (stream: string): NodeId => stream.slice(0, stream.indexOf(':')) as NodeId

/** Names that a spreadsheet would compute, and that are sealed; two bundles; what is not ASCII. */
function recordFields(serial: number, tenant: TenantId, stream: StreamId): RecordFields {
  const { salt, value } = disclosureOf(serial)
  return {
    ...fields(serial, tenant),
    human: { id: `hum_${ulid('5')}`, name: sealedOf(salt, value) },
    agent: { id: `agt_${ulid('6')}`, name: serial % 2 === 0 ? '@SUM(A1)' : 'release agent' },
    bundle: { version: 12 + (serial % 2), sha256: String(serial % 2).repeat(64) },
    gateway: { node: nodeIdOf(stream), build: '0.1.0' },
  }
}

const disclosureOf = (leaf: number): SampleDisclosure => ({
  leaf,
  path: '/human/name',
  salt: hash('sha256', `salt ${leaf}`, 'hex'),
  value: ['Zoë "Z" Ångström', '=1+1', '\u{1F600} Olga;\t=1', '  +cmd'][leaf % 4] ?? '',
})

function sealedOf(salt: string, value: string): Sealed {
  const c = hash(
    'sha256',
    Buffer.concat([Buffer.from('writ-c1'), Buffer.from(salt, 'hex'), Buffer.from(value)]),
    'hex',
  )
  return { c, ct: 'A'.repeat(80), epk: 'B'.repeat(43), key: `sub_${ulid('7')}` }
}

function tilesOf(leaves: readonly Frame[]): TileReader {
  const edge = openEdge(0, [])
  for (const { bytes } of leaves) edge.append(leafHash(bytes))
  const tiles = new Map(edge.takeTiles().map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]))
  return async ({ level, index }) => present(tiles.get(`${level}/${index}`))
}

export const canonicalBytes = (value: Json): Buffer => Buffer.from(canonical(value))
