import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { StreamBatch } from '@writ/contracts'

/**
 * A batch as it stands in the queue: its records as one text, a line each (canonical JSON has no line break), compressed. As a list of texts
 * of JSON within JSON it would take several times the memory of the store, and of the processor time of whoever adds it.
 */
export type PackedBatch = Omit<StreamBatch, 'records'> & {
  /** Brotli (RFC 7932), base64 */
  readonly packed: string
}

/** More than any batch holds; what says that it is more is not unpacked to its end. */
const MOST_BYTES = 16 * 1024 * 1024

const COMPRESSION = {
  chunkSize: 64 * 1024,
  params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 18 },
}

export function packBatch({ records, ...envelope }: StreamBatch): PackedBatch {
  return { ...envelope, packed: brotliCompressSync(linesOf(records), COMPRESSION).toString('base64') }
}

/** Used again for every batch: one text of all records, and the bytes of that, would be half of the work. */
let room: Buffer = Buffer.allocUnsafeSlow(64 * 1024)

/** A view of the room, which holds until the next batch. */
function linesOf(records: readonly string[]): Uint8Array {
  let endOffset = 0
  for (const record of records) {
    // no code unit is longer than three bytes
    const neededBytes = endOffset + 1 + 3 * record.length
    if (neededBytes > room.length) room = enlarged(neededBytes, endOffset)
    if (endOffset > 0) endOffset += room.write('\n', endOffset, 'latin1')
    endOffset += room.write(record, endOffset, 'utf8')
  }
  return room.subarray(0, endOffset)
}

function enlarged(neededBytes: number, usedBytes: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(neededBytes, 2 * room.length))
  room.copy(larger, 0, 0, usedBytes)
  return larger
}

/**
 * Reads what stands in the queue; batches of earlier releases stand there with their records as a list.
 * @returns the batch, or the places where what stands there is none
 */
export function unpackBatch(stored: unknown): StreamBatch | readonly string[] {
  const whole = isPacked(stored) ? unpacked(stored) : stored
  if (whole === null) return ['packed']
  const read = StreamBatch.safeParse(whole)
  return read.data ?? read.error.issues.map(({ path }) => path.map(String).join('.') || 'its root')
}

/** Null when nothing was packed so. */
function unpacked({ packed, ...envelope }: Packed): object | null {
  try {
    const lines = brotliDecompressSync(Buffer.from(packed, 'base64'), { maxOutputLength: MOST_BYTES })
    return { ...envelope, records: lines.toString('utf8').split('\n') }
  } catch {
    return null
  }
}

type Packed = { readonly packed: string }

const isPacked = (stored: unknown): stored is Packed =>
  typeof stored === 'object' && stored !== null && 'packed' in stored && typeof stored.packed === 'string'
