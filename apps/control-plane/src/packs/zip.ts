import { createHash } from 'node:crypto'
import { PassThrough, Readable } from 'node:stream'
import { ZipFile } from 'yazl'

/** One file of an archive. `bytes` is asked for when all members before it are written. The name is ours, never a caller's. */
export type Member = {
  readonly name: string
  readonly bytes: () => AsyncIterable<Uint8Array | string>
  /** what does not get smaller is stored as it is */
  readonly isDense?: boolean
}

/** What was written of a member. */
export type Written = { readonly name: string; readonly sha256: string; readonly sizeBytes: number }

/** Fast rather than small: records are alike, and any level finds that. */
const LEVEL = 4

/**
 * Members as a zip archive, written while it is read: whoever reads slowly is waited for, and nothing but what is under way is in memory.
 * @param written told of each member as soon as it is whole
 */
export function zipOf(
  members: readonly Member[],
  madeAt: Date,
  written: (member: Written) => void,
): Readable {
  const zip = new ZipFile()
  const out = new PassThrough()
  let underWay: Readable | null = null
  for (const member of members) {
    const options = {
      mtime: madeAt,
      mode: 0o100644,
      forceDosTimestamp: true,
      compressionLevel: member.isDense ? 0 : LEVEL,
    }
    zip.addReadStreamLazy(member.name, options, (begin) => {
      underWay = streamOf(member, out, written)
      begin(null, underWay)
    })
  }
  // yazl looks after no stream that nobody reads any more.
  out.once('close', () => underWay?.destroy())
  zip.on('error', (error: Error) => out.destroy(error))
  zip.end()
  zip.outputStream.pipe(out)
  return out
}

// Nor after one that fails.
function streamOf(member: Member, out: PassThrough, written: (member: Written) => void): Readable {
  const stream = Readable.from(hashed(member, written), { objectMode: false })
  stream.once('error', (error) => out.destroy(error))
  return stream
}

async function* hashed(member: Member, written: (member: Written) => void): AsyncGenerator<Uint8Array> {
  const sha256 = createHash('sha256')
  let sizeBytes = 0
  for await (const part of member.bytes()) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    if (bytes.length === 0) continue
    sha256.update(bytes)
    sizeBytes += bytes.length
    yield bytes
  }
  written({ name: member.name, sha256: sha256.digest('hex'), sizeBytes })
}

/** The same bytes in pieces of one size, but for the last. */
export async function* inPieces(parts: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  for await (const part of parts) {
    held.push(part)
    heldBytes += part.length
    if (heldBytes < sizeBytes) continue
    const all = Buffer.concat(held)
    let from = 0
    for (; from + sizeBytes <= all.length; from += sizeBytes) yield all.subarray(from, from + sizeBytes)
    held = [all.subarray(from)]
    heldBytes = all.length - from
  }
  if (heldBytes > 0) yield Buffer.concat(held)
}
