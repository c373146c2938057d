import { describe, expect, it } from '@jest/globals'
import { readSessionState, SESSION_CAPS, SessionState } from './session-state.ts'

const STATE: SessionState = {
  format: 'writ.session.v1',
  version: 3,
  startedAtMs: 1,
  labels: ['private'],
  calls: 12,
  denials: 0,
  aborted: null,
  folds: { 'a/b': [[1, 2.5]] },
  values: { private: { prints: 'AAAA-_aa', full: false } },
  secrets: ['16.1.18.x'],
  hosts: ['AAAAAAAA'],
  pins: { 'shop/pay': 'f'.repeat(64) },
}
const written = (over: Readonly<Record<string, unknown>>) => JSON.stringify({ ...STATE, ...over })

const many = (count: number, one: string) =>
  Array.from({ length: count }, (_, at) => one.slice(0, -5) + String(at).padStart(5, '0'))

describe('a written state of a session', () => {
  it('is read as it was written', () => {
    expect(readSessionState(JSON.stringify(STATE))).toEqual(STATE)
    expect(SessionState.parse(STATE)).toEqual(STATE)
  })

  it.each<readonly [string, string]>([
    ['no text', ''],
    ['a text that breaks off', JSON.stringify(STATE).slice(0, -1)],
    ['nothing', 'null'],
    ['a list', '[]'],
    ['another format', written({ format: 'writ.session.v2' })],
    ['no version', written({ version: undefined })],
    ['a version that is text', written({ version: '3' })],
    ['a version below zero', written({ version: -1 })],
    ['half a version', written({ version: 1.5 })],
    ['a text for a list', written({ labels: 'private' })],
    ['an abort that is none', written({ aborted: false })],
    ['folds in a list', written({ folds: [] })],
    ['a fold without slots', written({ folds: { a: 1 } })],
    ['fingerprints in a list', written({ values: { private: { prints: [], full: false } } })],
    ['values without an end', written({ values: { private: { prints: '' } } })],
    ['no secrets', written({ secrets: undefined })],
    ['hosts in an object', written({ hosts: {} })],
    ['pins in a list', written({ pins: [] })],
  ])('is never %s', (_, text) => {
    expect(() => readSessionState(text)).toThrow()
  })

  it('that is full has a size that is known', () => {
    const full = SessionState.parse({
      ...STATE,
      labels: many(SESSION_CAPS.labels, 'l'.repeat(32)),
      folds: Object.fromEntries(
        many(SESSION_CAPS.foldKeys, 'f'.repeat(22)).map((name) => [
          name,
          Array.from({ length: 8 }, (_, at) => [29_000_000 + at, 1]),
        ]),
      ),
      values: Object.fromEntries(
        ['user', 'admin', 'private', 'trusted', 'untrusted'].map((source) => [
          source,
          { prints: 'p'.repeat(SESSION_CAPS.prints * 8), full: false },
        ]),
      ),
      secrets: many(SESSION_CAPS.secrets, 's'.repeat(40)),
      hosts: many(SESSION_CAPS.hosts, 'h'.repeat(8)),
      pins: Object.fromEntries(
        many(SESSION_CAPS.pins, 'n'.repeat(SESSION_CAPS.pinName)).map((name) => [name, 'f'.repeat(64)]),
      ),
    })
    expect(JSON.stringify(full).length).toBeLessThan(700_000)
  })
})
