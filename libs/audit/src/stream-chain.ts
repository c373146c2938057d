import type { StreamId } from '@writ/contracts'
import { STREAM_START } from '@writ/contracts'

/** Where the next record of a stream goes: its sequence number and the hash of the record before it. */
export type StreamPosition = { readonly stream: StreamId; readonly seq: number; readonly prev: string }

/** The position of the first record of a stream. */
export const startOfStream = (stream: StreamId): StreamPosition => ({ stream, seq: 0, prev: STREAM_START })

/** The position after a record. @param sha256 hash of that record's bytes, hex */
export const extendStream = (position: StreamPosition, sha256: string): StreamPosition => ({
  stream: position.stream,
  seq: position.seq + 1,
  prev: sha256,
})

/** The parts of a stream id: node, boot and tenant. */
export function partsOfStream(stream: StreamId): { node: string; boot: string; tenant: string } {
  const [node = '', boot = '', tenant = ''] = stream.split(':')
  return { node, boot, tenant }
}
