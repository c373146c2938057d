import type { Frame } from '@writ/audit'
import { putFrame } from '@writ/audit'

/** A frame on its way to the disk. `endOffset`: where it ends among the bytes of its group. */
export type Waiting = Frame & { readonly sha256: string; readonly endOffset: number }

/** Frames that become durable together. `settled` hears once whether they are. */
export class FrameGroup {
  readonly sinceMs = performance.now()
  readonly waiting: Waiting[] = []
  readonly settled: Promise<boolean>
  settle: (isDurable: boolean) => void = () => {}
  #buffer: Buffer
  #sizeBytes = 0

  /** @param buffer of an earlier group, which nothing reads any more */
  constructor(buffer: Buffer) {
    this.#buffer = buffer
    this.settled = new Promise((resolve) => {
      this.settle = resolve
    })
  }

  /** @returns bytes that the frame takes. @throws RangeError when it is larger than a spool may hold */
  add(frame: Frame, sha256: string): number {
    const startOffset = this.#sizeBytes
    const { buffer, endOffset } = putFrame(frame, this.#buffer, startOffset)
    this.#buffer = buffer
    this.#sizeBytes = endOffset
    const { stream, seq, bytes } = frame
    this.waiting.push({ stream, seq, bytes, sha256, endOffset })
    return endOffset - startOffset
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#sizeBytes)
  }

  get buffer(): Buffer {
    return this.#buffer
  }
}
