import { pipeline, Transform } from 'node:stream'
import type { Readable, TransformCallback } from 'node:stream'
import { GatheredBytes } from '@writ/runtime'

const PIECE_BYTES = 16 * 1024

/** What comes, in pieces of some size: whoever keeps a list of the chunks of a body must not be made to keep one for each byte. */
export function inPieces(source: Readable): Readable {
  // Its end, or how it broke off, is told to whoever reads the pieces.
  return pipeline(source, new Pieces(), () => undefined)
}

class Pieces extends Transform {
  readonly #bytes = new GatheredBytes()

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#bytes.add(chunk)
    if (this.#bytes.sizeBytes >= PIECE_BYTES) this.push(this.#bytes.take())
    done()
  }

  override _flush(done: TransformCallback): void {
    if (this.#bytes.sizeBytes > 0) this.push(this.#bytes.take())
    done()
  }
}
