import type { IncomingMessage } from 'node:http'
import { Refusal } from '@writ/contracts'
import { MAX_MESSAGE_BYTES } from './upstream.ts'

/** What a request carries, or why it is too much. The connection stays: whoever refuses still answers on it. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer | Refusal> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  const arriving: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false })
  for await (const chunk of arriving) {
    sizeBytes += chunk.length
    if (sizeBytes > MAX_MESSAGE_BYTES) return new Refusal('message_too_large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
