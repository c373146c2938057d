import { describe, expect, it } from '@jest/globals'
import type { Json } from '@writ/contracts'
import { inspect, inspectNow, MOST_CONTENT, MOST_SIGHTINGS } from './inspect.ts'

/** Turns of the event loop: one for each so many units of work. */
const turnsOf = (content: Json): number =>
  [...inspect(content, { patterns: null, oversize: 'deny', knownSecrets: null })].length

describe('work', () => {
  it('on more findings than may be reported ends with the last that may be, however much follows', () => {
    for (const piece of ['4111 1111 1111 1111 ', 'a@mail-host.org ', '\\u0061@mail-host.org ']) {
      const enough = piece.repeat(MOST_SIGHTINGS + 1)
      const more = piece.repeat(Math.floor(MOST_CONTENT / piece.length))
      expect(inspectNow(more).fault).toEqual(inspectNow(enough).fault)
      expect(inspectNow(more).fault).not.toBeNull()
      expect(turnsOf(more)).toBeLessThanOrEqual(turnsOf(enough) + 12)
    }
  })

  it('on what an agent asks for is less than a slice', () => {
    expect(turnsOf(request)).toBe(0)
  })
})

const request: Json = {
  name: 'search_issues',
  arguments: {
    repository: 'example/project',
    query: 'is:open label:bug sort:updated-desc memory leak in stream handler',
    labels: ['bug', 'needs triage'],
    since: '2025-03-04T10:11:12Z',
    filters: { commit: '9fceb02d0ae598e95dc970b74767f19372d61af8', path: 'src/server/handlers/stream.ts' },
    body: 'The handler keeps a reference to each closed stream, so that memory grows with the number of requests. '.repeat(
      4,
    ),
  },
}
