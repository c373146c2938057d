import { describe, expect, it } from '@jest/globals'
import { PolicyDocument } from '@writ/contracts'
import { readPolicy } from './read-policy.ts'
import { formatPolicy, writePolicy } from './write-policy.ts'

const document = PolicyDocument.parse({
  writ: 1,
  patterns: { order: '[A-Z]{2}\\d{6}' },
  rules: [
    {
      id: 'a',
      effect: 'deny',
      when: { path: 'args["a.b"]', op: 'eq', value: 'no' },
      reason: 'yes: "it" is #1',
    },
    {
      id: 'b',
      effect: 'modify',
      when: { all: [] },
      modify: { 'pii.*': 'drop' },
      reason: `long ${'x '.repeat(200)}`,
    },
  ],
})

describe('a written policy', () => {
  it.each(['yaml', 'json'] as const)('is read back to the same document from %s', (format) => {
    expect(readPolicy(writePolicy(document, format), { format })).toEqual(document)
  })
})

describe('a formatted policy', () => {
  const untidy =
    'writ:   1 # the format\nrules:\n    - {id: a,   effect: deny, reason: no, when: {all: []}}\n'

  it('keeps its comments and its meaning, and is its own format', () => {
    const tidy = formatPolicy(untidy, 'yaml')
    expect(tidy).toBe(
      'writ: 1 # the format\nrules:\n  - { id: a, effect: deny, reason: no, when: { all: [] } }\n',
    )
    expect(formatPolicy(typeof tidy === 'string' ? tidy : '', 'yaml')).toBe(tidy)
  })

  it('says what is wrong where the text is no policy', () => {
    expect(formatPolicy('writ: 2', 'yaml')).toEqual(
      expect.arrayContaining([expect.objectContaining({ path: 'writ' })]),
    )
  })
})
