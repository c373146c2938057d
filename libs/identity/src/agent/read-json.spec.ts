import { describe, expect, it } from '@jest/globals'
import { generateKeyPem } from '../keys.ts'
import { authorityErrorOf } from './authority-error.ts'
import { createNonceMemory } from './nonce-memory.ts'
import { sendProven } from './send-proven.ts'

const MIB = 1024 * 1024

/** A body that goes on for as long as somebody reads it, and how much of it was read. */
function endless() {
  const read = { bytes: 0 }
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      read.bytes += 64 * 1024
      controller.enqueue(new Uint8Array(64 * 1024).fill(0x20))
      if (read.bytes >= 64 * MIB) controller.close()
    },
  })
  return { body, read }
}

describe('an answer without end, of a server that nobody knows', () => {
  it('is no error that an authority explains', async () => {
    const { body, read } = endless()
    const error = await authorityErrorOf(new Response(body, { status: 400 }))
    expect(error).toMatchObject({ status: 400, error: '400' })
    expect(read.bytes).toBeLessThan(2 * MIB)
  })

  it('is not searched through for a wish for a nonce', async () => {
    const { body, read } = endless()
    const headers = { 'dpop-nonce': 'n'.repeat(22) }
    const ports = {
      fetch: async () => new Response(body, { status: 401, headers }),
      nowMs: () => 1_800_000_000_000,
      randomBytes: (size: number) => new Uint8Array(size),
    }
    const request = {
      url: 'https://server.example/mcp',
      init: { method: 'POST' },
      key: generateKeyPem().privateKey,
      bodyOf: () => undefined,
    }
    expect((await sendProven(request, createNonceMemory(), ports)).status).toBe(401)
    expect(read.bytes).toBeLessThan(2 * MIB)
  })
})
