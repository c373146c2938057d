import { describe, expect, it } from '@jest/globals'
import { requireReadable } from './limits.ts'
import { PackImpossible } from './work.ts'

const written = (name: string, sizeBytes: number) => ({ name, sha256: '', sizeBytes })

describe('a member of a pack', () => {
  it.each([
    ['manifest.json', 16 * 2 ** 20],
    ['streams.json', 64 * 2 ** 20],
    ['trust.json', 2 ** 20],
    ['checkpoint.note', 65_536],
    ['consistency.json', 65_536],
    ['range-proof.json', 65_536],
  ])('%s is as large as verifiers read it, and no larger', (name, most) => {
    expect(() => requireReadable(written(name, most))).not.toThrow()
    expect(() => requireReadable(written(name, most + 1))).toThrow(PackImpossible)
  })

  it('that is read line by line is as large as a zip takes it', () => {
    expect(() => requireReadable(written('records.jsonl', 2 ** 32 - 2 ** 21))).not.toThrow()
    expect(() => requireReadable(written('records.jsonl', 2 ** 32))).toThrow(/records\.jsonl/)
  })
})
