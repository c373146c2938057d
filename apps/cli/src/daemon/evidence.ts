import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchesOf, hashOf, scanFrames, signBatch, signHead } from '@writ/audit'
import type { Frame } from '@writ/audit'
import type { Evidence, StreamId } from '@writ/contracts'
import { openNodeKeys } from '@writ/point'
import type { NodeKeys } from '@writ/point'
import { Failure } from '../failure.ts'
import { localFolder, readLocalState } from './local/local-state.ts'

/**
 * The records that a daemon of policy files kept on this machine, as evidence that `writ audit verify` verifies. Signed with this machine's
 * own key now: it shows damage and gaps, and not that nobody with that key rewrote them.
 * @throws Failure where there are none
 */
export async function localEvidence(home: string, nowMs: number): Promise<Evidence> {
  const folder = localFolder(home)
  const state = await readLocalState(folder)
  if (state === null)
    throw new Failure('there are no records on this machine', 'Start one: writ daemon --policy <file>')
  const keys = await openNodeKeys(folder)
  const streams = await streamsIn(join(folder, 'records'))
  const frames = [...streams.values()].flat()
  const at = new Date(nowMs).toISOString()
  return {
    format: 'writ.evidence.v1',
    tenant: state.tenant,
    exportedAt: at,
    logSize: frames.length,
    nodes: [{ node: state.node, publicKey: keys.publicKey }],
    streams: [...streams].map(([stream, own]) => signedStream(stream, own, { keys, at })),
    records: frames.map((frame, leafIndex) => ({ leafIndex, ...frame })),
  }
}

/** Every start has a folder of its own, whose name is an id that grows with time. */
async function streamsIn(folder: string): Promise<Map<StreamId, Frame[]>> {
  const streams = new Map<StreamId, Frame[]>()
  for (const boot of (await readdir(folder).catch(() => [])).toSorted(inOrder))
    for (const segment of (await readdir(join(folder, boot))).filter(isSegment).toSorted(inOrder))
      for (const { stream, seq, bytes } of scanFrames(await readFile(join(folder, boot, segment))).frames)
        addTo(streams, { stream, seq, bytes })
  return streams
}

function addTo(streams: Map<StreamId, Frame[]>, frame: Frame): void {
  const own = streams.get(frame.stream) ?? []
  own.push(frame)
  streams.set(frame.stream, own)
}

const inOrder = (a: string, b: string): number => (a < b ? -1 : 1)

const isSegment = (name: string): boolean => name.endsWith('.spool')

type Signing = { readonly keys: NodeKeys; readonly at: string }

function signedStream(
  stream: StreamId,
  frames: readonly Frame[],
  { keys, at }: Signing,
): Evidence['streams'][number] {
  const last = frames.at(-1)
  if (last === undefined) throw new Error('a stream has records')
  const nextSeq = last.seq + 1
  const batches = batchesOf(frames).map((batch) => {
    const { records, ...signed } = signBatch(batch, keys.nodeKey)
    return { ...signed, count: records.length }
  })
  return {
    stream,
    nextSeq,
    head: signHead({ stream, nextSeq, headHash: hashOf(last.bytes), at }, keys.nodeKey),
    batches,
  }
}
