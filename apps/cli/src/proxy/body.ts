import type { IncomingMessage } from 'node:http'
import { Refusal } from '@writ/contracts'
import { gathered } from '@writ/runtime'
import { MAX_MESSAGE_BYTES } from './upstream.ts'

/** What a request carries, or why it is too much. The connection stays: whoever refuses still answers on it. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer | Refusal> {
  const arriving: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false })
  const bytes = await gathered(arriving, MAX_MESSAGE_BYTES)
  return bytes === null
    ? new Refusal('message_too_large')
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
