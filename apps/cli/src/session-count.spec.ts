import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { AuthorityError } from '@writ/identity'
import { array, assert, asyncProperty, constantFrom } from 'fast-check'
import { givenKeys, givenProfile } from './given-profile.suite.ts'
import { Unanswered } from './network.ts'
import { readProfile } from './profile.ts'
import { counted } from './session-count.ts'

/** What the network and the machine do to one beginning. */
type Fate =
  | 'answered'
  | 'unreachable'
  | 'lost before'
  | 'lost after'
  | 'fault after'
  | 'refused'
  | 'grant refused'

const ORIGIN = 'http://127.0.0.1:7400'
const tooLong = (): Error => new Unanswered(ORIGIN, 'it took too long')

/** The authority's side, stricter than it is: nothing behind is tolerated. */
function givenCounter() {
  const state = { expected: 0, isLocked: false, numbers: [] as number[] }
  const count = (said: number): void => {
    if (said > state.expected)
      throw new AuthorityError(400, 'invalid_grant', 'join_seq is ahead of what the authority knows')
    if (said < state.expected) state.isLocked = true
    if (state.isLocked) throw new AuthorityError(400, 'invalid_grant', 'two copies of this agent were seen')
    state.expected += 1
    state.numbers.push(said)
  }
  const before: Partial<Record<Fate, () => Error>> = {
    unreachable: () => new Unanswered(ORIGIN, 'ECONNREFUSED'),
    'lost before': tooLong,
    refused: () => new AuthorityError(401, 'invalid_client', 'no'),
    'grant refused': () => new AuthorityError(400, 'invalid_grant', 'the device code does not count'),
  }
  const after: Partial<Record<Fate, () => Error>> = {
    'lost after': tooLong,
    'fault after': () => new AuthorityError(502, '502', 'HTTP status 502'),
  }
  const begin = async (said: number, fate: Fate) => {
    const [early, late] = [before[fate], after[fate]]
    if (early) throw early()
    count(said)
    if (late) throw late()
    return { answer: said, joinSeq: state.expected }
  }
  return { state, begin }
}

let home = ''
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'writ-count-'))
  await givenProfile(home, ORIGIN)
})
afterEach(() => rmSync(home, { recursive: true, force: true }))
const read = () => readProfile(home, 'default', givenKeys())

const pending = () => Promise.resolve({ answer: 'authorization_pending', joinSeq: null })

describe('the number of a session', () => {
  it('goes up by one from session to session', async () => {
    const { state, begin } = givenCounter()
    const stored = await read()
    for (const expected of [0, 1, 2])
      expect(await counted(stored, (said) => begin(said, 'answered'))).toBe(expected)
    expect(state.numbers).toEqual([0, 1, 2])
    const { profile } = await read()
    expect([profile.joinSeq, profile.joinSeqAtMost]).toEqual([3, undefined])
  })

  it('is never used by two who begin at once, as copies would', async () => {
    const { state, begin } = givenCounter()
    const stored = await Promise.all(Array.from({ length: 8 }, read))
    await Promise.all(stored.map((one) => counted(one, (said) => begin(said, 'answered'))))
    expect(state).toMatchObject({ expected: 8, isLocked: false })
  })

  it('stays where a question was asked that begins nothing yet', async () => {
    const stored = await read()
    expect(await counted(stored, pending)).toBe('authorization_pending')
    const { profile } = await read()
    expect([profile.joinSeq, profile.joinSeqAtMost]).toEqual([0, undefined])
  })

  it('counts on disk as used before the authority hears of it: a kill at that moment loses nothing', async () => {
    await counted(await read(), async (said) => {
      expect((await read()).profile).toMatchObject({ joinSeq: 0, joinSeqAtMost: 1 })
      return { answer: said, joinSeq: said + 1 }
    })
  })

  it('is not in doubt where the authority was not reached, however often', async () => {
    const { begin } = givenCounter()
    for (let times = 0; times < 5; times += 1)
      await counted(await read(), (said) => begin(said, 'unreachable')).catch(() => undefined)
    expect((await read()).profile.joinSeqAtMost).toBeUndefined()
  })

  it('never falls behind, whatever is lost on the way', async () => {
    const fate = constantFrom<Fate>(
      'answered',
      'unreachable',
      'lost before',
      'lost after',
      'fault after',
      'refused',
      'grant refused',
    )
    await assert(
      asyncProperty(array(fate, { maxLength: 6 }), async (fates) => {
        rmSync(home, { recursive: true, force: true })
        await givenProfile(home, ORIGIN)
        const { state, begin } = givenCounter()
        for (const one of [...fates, 'answered'] as const)
          await counted(await read(), (said) => begin(said, one)).catch(() => undefined)
        expect(state.isLocked).toBe(false)
        const { profile } = await read()
        expect([profile.joinSeq, profile.joinSeqAtMost]).toEqual([state.expected, undefined])
      }),
      { numRuns: 25 },
    )
  }, 30_000)
})
