import { describe, expect, it } from '@jest/globals'
import { MOST_MENTIONS, mentionsIn } from './mentions.ts'

describe('files that a prompt names', () => {
  it.each([
    ['look at @src/main.ts please', ['src/main.ts']],
    ['@.env', ['.env']],
    ['(see @~/.ssh/id_rsa).', ['~/.ssh/id_rsa).', '~/.ssh/id_rsa']],
    ['read @"my secret file.txt" and @/etc/shadow', ['my secret file.txt', '/etc/shadow']],
    [String.raw`@my\ secret\ file.txt`, ['my secret file.txt']],
    ['@src/main.ts#L3-9', ['src/main.ts']],
    ['first\n@b.txt\n@b.txt', ['b.txt']],
    ['“@.env”', ['.env”', '.env']],
    ['@../../other/.env,@x', ['../../other/.env,@x']],
  ])('in %j are %j', (prompt, paths) => {
    expect(mentionsIn(prompt)).toEqual({ paths, isCut: false })
  })

  it.each(['write to ada@example.org', 'nobody', '@', '@ alone', 'a.b+c@d.example'])(
    'are none in %j',
    (prompt) => {
      expect(mentionsIn(prompt).paths).toEqual([])
    },
  )

  it('are bounded, and say so', () => {
    const prompt = Array.from({ length: MOST_MENTIONS + 1 }, (_, at) => `@f${at}`).join(' ')
    const { paths, isCut } = mentionsIn(prompt)
    expect([paths.length, isCut]).toEqual([MOST_MENTIONS, true])
  })
})
