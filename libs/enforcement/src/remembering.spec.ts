import { describe, expect, it } from '@jest/globals'
import type { Rule, SessionState } from '@writ/contracts'
import { IDS, mediated, memorySessions, result, whole } from './given.suite.ts'
import type { SessionStore } from './session-store.ts'

const asksWhence: Rule = {
  id: 'whence',
  effect: 'deny',
  on: ['outbound'],
  when: { path: 'provenance.to', op: 'has', value: 'private' },
  reason: 'It came out of private content.',
}

/** What the tool answers is private. */
const bundle = {
  connections: [
    {
      id: IDS.connection,
      name: 'tools',
      url: 'https://upstream.test/mcp',
      credential: { kind: 'none' as const },
      groups: [IDS.group],
      toolClasses: { lookup_order: 'read.private' as const },
      trust: 'external' as const,
      annotationsTrusted: false,
      suspended: false,
      tools: [],
    },
  ],
}

/** A session that other gateways are faster with, so many times at each change. */
function contended(times: number): { sessions: SessionStore; states: SessionState[]; tries: () => number } {
  const inner = memorySessions()
  const states: SessionState[] = []
  let [left, tries] = [times, 0]
  const sessions: SessionStore = {
    read: inner.read,
    replace: async (key, from, next) => {
      tries += 1
      if (left > 0) {
        left -= 1
        return false
      }
      left = times
      states.push(next)
      return inner.replace(key, from, next)
    },
  }
  return { sessions, states, tries: () => tries }
}

const values = Array.from({ length: 2_000 }, (_, at) => `value ${at} of a long list`)
const answer = () => whole(result(JSON.stringify(values)))

describe('what a session remembers of an answer', () => {
  it('is made in slices, so that a large one gives way to others', async () => {
    const { turns } = await mediated({ bundle, rules: [asksWhence], answer: answer() })
    const characters = values.join('').length
    expect(turns).toBeGreaterThanOrEqual(Math.floor(characters / 32_768) + 1)
    expect((await mediated({ bundle, rules: [asksWhence] })).turns).toBe(0)
  })

  it('is made once, however often another gateway was faster', async () => {
    const calm = contended(0)
    const busy = contended(20)
    const first = await mediated({ bundle, rules: [asksWhence], answer: answer(), sessions: calm.sessions })
    const second = await mediated({ bundle, rules: [asksWhence], answer: answer(), sessions: busy.sessions })
    expect(busy.tries()).toBeGreaterThanOrEqual(21)
    expect(second.turns).toBe(first.turns)
    expect(busy.states.at(-1)?.values).toEqual(calm.states.at(-1)?.values)
    expect(calm.states.at(-1)?.values.private?.prints.length).toBe(8 * values.length)
  })

  it('is not made where no rule asks for it', async () => {
    const { turns } = await mediated({
      bundle,
      rules: [{ ...asksWhence, when: { all: [] } }],
      answer: answer(),
    })
    expect(turns).toBe(0)
  })
})
