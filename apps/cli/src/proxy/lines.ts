import { Refusal } from '@writ/contracts'
import { GatheredBytes } from '@writ/runtime'

const LF = 0x0a

/**
 * The lines of a byte stream, each without its line feed. A line feed is the only line end: U+2028 stands inside JSON
 * strings, and bytes that are not UTF-8 are for the gateway to refuse. A line that is too long is skipped as a Refusal.
 */
export async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array | Refusal> {
  let line = openLine(maxBytes)
  for await (const chunk of source) {
    let start = 0
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      line.take(chunk.subarray(start, end))
      yield line.close()
      line = openLine(maxBytes)
      start = end + 1
    }
    line.take(chunk.subarray(start))
  }
  yield line.close()
}

function openLine(maxBytes: number) {
  const bytes = new GatheredBytes()
  let isTooLong = false
  return {
    take(part: Uint8Array): void {
      isTooLong ||= bytes.sizeBytes + part.length > maxBytes
      if (isTooLong) bytes.take()
      else bytes.add(part)
    },
    close: (): Uint8Array | Refusal => (isTooLong ? new Refusal('message_too_large') : bytes.take()),
  }
}
