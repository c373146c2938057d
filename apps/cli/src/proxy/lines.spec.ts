import { describe, expect, it } from '@jest/globals'
import { isRefusal } from '@writ/contracts'
import * as fc from 'fast-check'
import { linesOf } from './lines.ts'

async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}
async function read(parts: readonly (string | Uint8Array)[], maxBytes = 100): Promise<string[]> {
  const lines: string[] = []
  for await (const line of linesOf(chunks(...parts.map((part) => Buffer.from(part))), maxBytes))
    lines.push(isRefusal(line) ? line.code : Buffer.from(line).toString('latin1'))
  return lines
}

describe('lines', () => {
  it('end at a line feed and nowhere else', async () => {
    expect(await read(['a\rb\r\nc\u2028d\n', 'e'])).toEqual([
      'a\rb\r',
      Buffer.from('c\u2028d').toString('latin1'),
      'e',
    ])
  })

  it('are the very bytes, UTF-8 or not', async () => {
    expect(await read([Uint8Array.of(0xff, 0x0a, 0xc3), Uint8Array.of(0xa9)])).toEqual(['\xff', '\xc3\xa9'])
  })

  it('that are too long are skipped, and the next one counts', async () => {
    expect(await read(['12345\n', '123', '456', '789\n12', '\n'], 5)).toEqual([
      '12345',
      'message_too_large',
      '12',
      '',
    ])
  })

  it('do not depend on how the bytes arrive', async () => {
    const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'é') }))
    await fc.assert(
      fc.asyncProperty(pieces, async (parts) => {
        expect(await read(parts)).toEqual(await read([parts.join('')]))
      }),
    )
  })
})
