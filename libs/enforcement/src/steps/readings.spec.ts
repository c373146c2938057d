import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { inTurns } from './in-turns.ts'
import { readingsOf } from './readings.ts'

const SPACES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const char = (code: string): string => String.fromCharCode(Number.parseInt(code, 16))

/** The same in one piece. */
function plainly(text: string): readonly string[] {
  const resolved = text.replaceAll(
    /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g,
    (_, code: string | undefined, letter: string) =>
      code === undefined ? (SPACES[letter] ?? letter) : char(code),
  )
  const bare = text
    .replaceAll(/\\u([0-9a-f]{4})/gi, (_, code: string) => char(code))
    .replaceAll(/\\([/"\\])/g, '$1')
  return [...new Set([text, resolved, bare])]
}

describe('the readings of a text that is no message', () => {
  it('are those that it has in one piece, wherever it is cut', async () => {
    const pieces = fc.constantFrom(
      '\\',
      '\\\\',
      String.raw`\u0041`,
      String.raw`\u00`,
      String.raw`\"`,
      'n',
      '41',
      'é',
    )
    const ends = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''))
    let turns = 0
    const turn = async () => void (turns += 1)
    await fc.assert(
      fc.asyncProperty(
        ends,
        ends,
        fc.integer({ min: 32_740, max: 32_780 }),
        async (before, after, length) => {
          const text = `${before}${'x'.repeat(length - before.length)}${after}${'y'.repeat(40_000)}`
          expect(await inTurns(readingsOf(text), { turn })).toEqual(plainly(text))
        },
      ),
      { numRuns: 200 },
    )
    expect(turns).toBeGreaterThan(200)
  })
})
