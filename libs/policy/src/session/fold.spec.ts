import { describe, expect, it } from '@jest/globals'
import type { SessionState } from '@writ/contracts'
import { secondsOf, SESSION_CAPS } from '@writ/contracts'
import { RuleFault } from '../rule-fault.ts'
import type { SessionEvent } from './fold.ts'
import { foldValue, release, reserve } from './fold.ts'
import { eventAt, planWith, specOf, stored, T0 } from './given.suite.ts'
import { ID_LENGTH } from './plan.ts'
import type { FoldSpec } from './plan.ts'
import { coarser, oldestOf, totalSince } from './slots.ts'
import { newSession } from './state.ts'

const calls = specOf({ count: { event: 'call' }, window: '1h', op: 'gte', value: 5 })
const paid = specOf({
  sum: 'args.amount',
  of: { event: 'call', class: ['money'] },
  window: '1h',
  op: 'gt',
  value: 1,
})
const repeated = specOf({ count: { event: 'call', same: 'arguments' }, window: '1h', op: 'gte', value: 6 })
const approved = specOf({ count: { event: 'approval', same: 'resource' }, window: '15m', op: 'eq', value: 0 })

const after = (spec: FoldSpec, ...events: readonly SessionEvent[]): SessionState =>
  events.reduce((state, event) => reserve(state, planWith(spec), event), newSession(T0))

const items = (length: number) => Array.from({ length }, () => ({ price: 2 }))

describe('what a session did, folded', () => {
  it('counts events of the window and adds up their amounts', () => {
    const state = after(
      paid,
      eventAt(T0, { args: { amount: 0.1 } }),
      eventAt(T0 + 1, { args: { amount: 0.2 } }),
    )
    expect(foldValue(state, paid, eventAt(T0 + 2))).toBe(0.3)
    expect(state).toMatchObject({ calls: 2, denials: 0, version: 2 })
  })

  it('takes only what the fold selects', () => {
    const spec = specOf({
      count: { event: 'call', class: ['money'], tool: ['pay'], connection: ['shop'] },
      op: 'gt',
      value: 0,
    })
    const others = [
      eventAt(T0, { class: 'exec' }),
      eventAt(T0, { tool: 'refund' }),
      eventAt(T0, { connection: 'bank' }),
      eventAt(T0, { kind: 'denial' }),
    ]
    expect(foldValue(after(spec, ...others), spec, eventAt(T0))).toBe(0)
    expect(foldValue(after(spec, ...others, eventAt(T0)), spec, eventAt(T0))).toBe(1)
  })

  it('keeps an event to the last millisecond of its window, and not much longer', () => {
    const state = after(calls, eventAt(T0))
    expect(foldValue(state, calls, eventAt(T0 + 3_600_000))).toBe(1)
    expect(foldValue(state, calls, eventAt(T0 + 3_660_000))).toBe(0)
  })

  it('takes the whole session where there is no window', () => {
    const whole = specOf({ count: { event: 'call' }, op: 'gte', value: 5 })
    expect(foldValue(after(whole, eventAt(T0), eventAt(T0 + 1e9)), whole, eventAt(T0 + 2e9))).toBe(2)
  })

  it('counts what other clocks date ahead', () => {
    expect(foldValue(after(calls, eventAt(T0 + 5_000)), calls, eventAt(T0))).toBe(1)
  })

  it.each([[-600], ['600'], [' 600.0 '], [[100, '200', [300]]]])('counts %j as 600', (amount) => {
    expect(foldValue(after(paid, eventAt(T0, { args: { amount } })), paid, eventAt(T0))).toBe(600)
  })

  it('counts a missing amount as nothing, and rounds up what is finer than any currency', () => {
    const state = after(
      paid,
      eventAt(T0),
      eventAt(T0, { args: { amount: 0.00001 } }),
      eventAt(T0, { args: { amount: null } }),
    )
    expect(foldValue(state, paid, eventAt(T0))).toBe(0.0001)
  })

  it.each([['a lot'], [true], [{ value: 5 }], [1e300], [['5', 'x']], ['1e3']])(
    'cannot tell a sum while an amount of %j lies in it',
    (amount) => {
      const state = after(paid, eventAt(T0, { args: { amount } }), eventAt(T0, { args: { amount: 5 } }))
      expect(foldValue(state, paid, eventAt(T0))).toBeInstanceOf(RuleFault)
      expect(foldValue(state, paid, eventAt(T0 + 4e6))).toBe(0)
      expect(
        foldValue(release(state, planWith(paid), eventAt(T0, { args: { amount } })), paid, eventAt(T0)),
      ).toBe(5)
    },
  )

  it('cannot tell a sum that is not exact any more', () => {
    const spec = specOf({ sum: 'args.amount', of: { event: 'call' }, op: 'gt', value: 1 })
    const events = Array.from({ length: 100 }, (_, at) => eventAt(T0 + at, { args: { amount: 1e10 } }))
    expect(foldValue(after(spec, ...events.slice(0, 50)), spec, eventAt(T0))).toBe(5e11)
    expect(foldValue(after(spec, ...events), spec, eventAt(T0))).toBeInstanceOf(RuleFault)
  })

  it('adds up items by a path with a star, and faults on more of them than are looked at', () => {
    const spec = specOf({ sum: 'args.items.*.price', of: { event: 'call' }, op: 'gt', value: 1 })
    expect(foldValue(after(spec, eventAt(T0, { args: { items: items(3) } })), spec, eventAt(T0))).toBe(6)
    const many = after(spec, eventAt(T0, { args: { items: items(1_001) } }))
    expect(foldValue(many, spec, eventAt(T0))).toBeInstanceOf(RuleFault)
  })
})

describe('events that are like the one asked about', () => {
  it('have the same tool and arguments, in whatever order', () => {
    const state = after(repeated, eventAt(T0, { args: { a: 1, b: [{ c: 2, d: 3 }] } }))
    const asked = (told: Parameters<typeof eventAt>[1]) => foldValue(state, repeated, eventAt(T0, told))
    expect(asked({ args: { b: [{ d: 3, c: 2 }], a: 1 } })).toBe(1)
    expect(asked({ args: { a: 1, b: [{ c: 2, d: 4 }] } })).toBe(0)
    expect(asked({ args: { a: '1', b: [{ c: 2, d: 3 }] } })).toBe(0)
    expect(asked({ tool: 'refund', args: { a: 1, b: [{ c: 2, d: 3 }] } })).toBe(0)
    expect(asked({ connection: 'bank', args: { a: 1, b: [{ c: 2, d: 3 }] } })).toBe(0)
  })

  it('have the same resource', () => {
    const state = after(approved, eventAt(T0, { kind: 'approval', resource: 'repo/a' }))
    expect(foldValue(state, approved, eventAt(T0, { resource: 'repo/a' }))).toBe(1)
    expect(foldValue(state, approved, eventAt(T0, { resource: 'repo/b' }))).toBe(0)
  })

  it('cannot be told without the keys of the tenant', () => {
    expect(foldValue(after(repeated, eventAt(T0)), repeated, { ...eventAt(T0), keys: null })).toBeInstanceOf(
      RuleFault,
    )
  })

  it('are kept under names that do not give them away', () => {
    const state = after(repeated, eventAt(T0, { args: { password: 'hunter2' } }))
    expect(JSON.stringify(state)).not.toContain('hunter2')
  })

  it('are never counted too low, and the state stays small, however many kinds there are', () => {
    const distinct = Array.from({ length: 2_000 }, (_, at) => eventAt(T0 + at, { args: { at } }))
    const state = after(repeated, ...distinct)
    for (const event of distinct) expect(Number(foldValue(state, repeated, event))).toBeGreaterThanOrEqual(1)
    expect(Object.keys(state.folds).length).toBeLessThanOrEqual(128 + 64)
    expect(stored(state)).toEqual(state)
  })

  it('find room again when others have left the window', () => {
    const distinct = Array.from({ length: 300 }, (_, at) => eventAt(T0 + at, { args: { at } }))
    const late = eventAt(T0 + 4e6, { args: { late: true } })
    const state = [late, late].reduce(
      (now, event) => reserve(now, planWith(repeated), event),
      after(repeated, ...distinct),
    )
    expect(foldValue(state, repeated, late)).toBe(2)
    expect(foldValue(state, repeated, eventAt(T0 + 4e6, { args: { late: false } }))).toBe(0)
  })
})

describe('a state', () => {
  it('keeps folds of the bundle before, and forgets them when there are too many', () => {
    const old = reserve(newSession(T0), planWith(calls), eventAt(T0))
    expect(foldValue(reserve(old, planWith(paid), eventAt(T0)), calls, eventAt(T0))).toBe(1)
    const folds: SessionState['folds'] = Object.fromEntries(
      Array.from({ length: 1_024 }, (_, at) => [`old-fold-${1_000 + at}`, [[0, 1]]]),
    )
    const full = stored({ ...old, folds: { ...folds, ...old.folds } })
    const next = reserve(full, planWith(calls), eventAt(T0))
    expect(Object.keys(next.folds)).toEqual([calls.id])
    expect(foldValue(next, calls, eventAt(T0))).toBe(2)
  })
})

const slotsIn = ({ folds }: SessionState) =>
  Object.values(folds).reduce((all, slots) => all + slots.length, 0)
const folded = (specs: readonly FoldSpec[], events: readonly SessionEvent[]) =>
  events.reduce((state, event) => reserve(state, planWith(...specs), event), newSession(T0))

describe('a state of many counts', () => {
  const likes = Array.from({ length: 12 }, (_, at) =>
    specOf({
      count: { event: 'call', same: 'arguments', tool: ['pay', `tool_${at}`] },
      window: '1h',
      op: 'gte',
      value: 6,
    }),
  )
  const windows = Array.from({ length: 140 }, (_, at) =>
    specOf({ count: { event: 'call' }, window: `${60 + at}m`, op: 'gte', value: 6 }),
  )
  it('keeps so many apart in all, and never counts too little of any', () => {
    const events = Array.from({ length: 600 }, (_, at) => eventAt(T0 + at, { args: { at: at % 300 } }))
    const state = folded(likes, events)
    expect(Object.keys(state.folds).length).toBeLessThanOrEqual(SESSION_CAPS.foldKeys + likes.length)
    for (const event of events.slice(0, 300))
      for (const spec of likes) expect(Number(foldValue(state, spec, event))).toBeGreaterThanOrEqual(2)
    expect(stored(state)).toEqual(state)
  })

  it('gives back what it counted together with others', () => {
    const events = Array.from({ length: 400 }, (_, at) => eventAt(T0 + at, { args: { at } }))
    const last = eventAt(T0 + 500, { args: { last: true } })
    const before = folded(likes, events)
    const valuesOf = (state: SessionState) => likes.map((spec) => foldValue(state, spec, last))
    const given = release(reserve(before, planWith(...likes), last), planWith(...likes), last)
    expect(valuesOf(given)).toEqual(valuesOf(before))
  })

  it('keeps so many slots of time in all, and forgets none of them early', () => {
    const events = Array.from({ length: 240 }, (_, at) => eventAt(T0 + at * 60_000))
    let most = 0
    let state = newSession(T0)
    const history: SessionEvent[] = []
    for (const event of events) {
      state = reserve(state, planWith(...windows), event)
      history.push(event)
      most = Math.max(most, slotsIn(state))
    }
    expect(most).toBeGreaterThan(SESSION_CAPS.slots / 2)
    expect(most).toBeLessThanOrEqual(SESSION_CAPS.slots)
    const asked = eventAt(T0 + 241 * 60_000)
    for (const spec of windows)
      expect(Number(foldValue(state, spec, asked))).toBeGreaterThanOrEqual(rescan(spec, history, asked, 0))
    expect(stored(state)).toEqual(state)
  })

  it('makes room again when it has left its windows', () => {
    const events = Array.from({ length: 400 }, (_, at) => eventAt(T0 + at, { args: { at } }))
    const late = eventAt(T0 + 4e6, { args: { late: true } })
    const state = [late, late].reduce(
      (now, one) => reserve(now, planWith(...likes), one),
      folded(likes, events),
    )
    for (const spec of likes) expect(foldValue(state, spec, late)).toBe(2)
  })
})

describe('slots on a coarser grid', () => {
  it('hold the same in fewer places, none of it earlier', () => {
    const slots = Array.from({ length: 60 }, (_, at) => [1_000 + at, at + 1] as const)
    for (const most of [1, 2, 7, 30, 59]) {
      const fewer = coarser(slots, most)
      expect(fewer.length).toBeLessThanOrEqual(most)
      for (let oldest = 990; oldest < 1_070; oldest += 1)
        expect(totalSince(fewer, oldest)).toBeGreaterThanOrEqual(totalSince(slots, oldest))
      expect(totalSince(fewer, 0)).toBe(totalSince(slots, 0))
    }
  })
})

/** Deterministic, so that a failure can be run again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const SPECS = [
  calls,
  paid,
  repeated,
  approved,
  specOf({ count: { event: 'denial' }, window: '10m', op: 'gte', value: 5 }),
  specOf({ count: { event: 'call', tool: ['pay'] }, op: 'gte', value: 5 }),
  specOf({ sum: 'args.amount', of: { event: 'call', same: 'resource' }, window: '7s', op: 'gt', value: 1 }),
]

/** Whether a past event counts for the one that is asked about, by its own account: nothing is shared with the fold but the words. */
const countsFor = ({ select }: FoldSpec, past: SessionEvent, asked: SessionEvent): boolean =>
  isLike(select.same, past, asked) &&
  past.kind === select.event &&
  (select.class?.includes(past.action.class) ?? true) &&
  (select.tool?.includes(past.action.tool ?? '') ?? true)

function isLike(same: FoldSpec['select']['same'], past: SessionEvent, asked: SessionEvent): boolean {
  if (same === undefined) return true
  if (same === 'resource') return past.action.resource === asked.action.resource
  return past.action.tool === asked.action.tool && JSON.stringify(past.args) === JSON.stringify(asked.args)
}

/** Slow: over the whole history. @param lateMs how much longer than its window an event counts */
function rescan(
  spec: FoldSpec,
  history: readonly SessionEvent[],
  asked: SessionEvent,
  lateMs: number,
): number {
  const windowMs = spec.window === null ? Infinity : secondsOf(spec.window) * 1_000
  return history
    .filter((past) => countsFor(spec, past, asked) && past.nowMs >= asked.nowMs - windowMs - lateMs)
    .reduce(
      (total, { args }) => total + (spec.sum === null ? 1 : Math.round(Number(args['amount']) * 100)),
      0,
    )
}

const randomEvent = (below: (limit: number) => number, nowMs: number): SessionEvent => {
  const tool = ['pay', 'refund', 'list'][below(3)] ?? 'pay'
  return eventAt(nowMs, {
    kind: (['call', 'call', 'call', 'denial', 'approval'] as const)[below(5)] ?? 'call',
    tool,
    class: tool === 'list' ? 'read.private' : 'money',
    resource: `repo/${below(3)}`,
    args: { amount: below(4) / 100 },
  })
}

describe('on random histories', () => {
  const STEPS = 36_000
  const windows = SPECS.flatMap(({ window }) => (window === null ? [] : [secondsOf(window) * 1_000]))

  /** Half of the steps end where some window of some earlier event ends, or a millisecond beside it. */
  const nextTime = (
    below: (limit: number) => number,
    history: readonly SessionEvent[],
    nowMs: number,
  ): number => {
    const past = history[history.length - 1 - below(Math.min(history.length, 30))]
    const window = windows[below(windows.length)] ?? 0
    const edge = (past?.nowMs ?? nowMs) + window + below(3) - 1
    return below(2) === 0 && edge >= nowMs ? edge : nowMs + below(below(10) === 0 ? 120_000 : 300)
  }

  it(`the fold and a rescan of everything agree over ${STEPS} steps, releases included`, () => {
    const below = randomOf(20_261_121)
    const plan = planWith(...SPECS)
    let steps = 0
    for (let run = 0; steps < STEPS; run += 1) {
      let nowMs = T0 + run
      let state = newSession(nowMs)
      let history: SessionEvent[] = []
      for (let step = 0; step < 300; step += 1, steps += 1) {
        nowMs = nextTime(below, history, nowMs)
        const event = randomEvent(below, nowMs)
        expectAgreement(state, history, event)
        const gone = below(6) === 0 ? history[history.length - 1 - below(5)] : undefined
        if (gone !== undefined) {
          state = release(state, plan, gone)
          history = history.filter((past) => past !== gone)
        } else {
          state = reserve(state, plan, event)
          history.push(event)
        }
      }
      expect(stored(state)).toEqual(state)
    }
  }, 120_000)

  const expectAgreement = (
    state: SessionState,
    history: readonly SessionEvent[],
    asked: SessionEvent,
  ): void => {
    for (const spec of SPECS) {
      const value = foldValue(state, spec, asked)
      const scale = spec.sum === null ? 1 : 100
      const slotMs = spec.window === null ? 0 : (secondsOf(spec.window) * 1_000) / 60
      const told = Math.round(Number(value) * scale)
      if (told < rescan(spec, history, asked, 0) || told > rescan(spec, history, asked, slotMs))
        throw new Error(`${JSON.stringify(spec)} says ${told} after ${history.length} events`)
    }
  }

  /** Without what no window reaches back to: making room may drop it, and no answer depends on it. */
  const inWindow = (state: SessionState, nowMs: number): SessionState => {
    const windowOf = new Map(SPECS.map(({ id, window }) => [id, window]))
    const folds = Object.entries(state.folds).map(([key, slots]) => {
      const oldest = oldestOf(nowMs, windowOf.get(key.slice(0, ID_LENGTH)) ?? null)
      return [key, slots.filter(([slot]) => slot >= oldest)] as const
    })
    return { ...state, folds: Object.fromEntries(folds.filter(([, slots]) => slots.length > 0)) }
  }

  it('a release undoes exactly what its reserve did', () => {
    const below = randomOf(7)
    const plan = planWith(...SPECS)
    let state = newSession(T0)
    for (let step = 0; step < 3_000; step += 1) {
      const nowMs = T0 + step * 10
      const event = randomEvent(below, nowMs)
      const back = release(reserve(state, plan, event), plan, event)
      expect(inWindow(back, nowMs)).toEqual({ ...inWindow(state, nowMs), version: back.version })
      state = below(3) === 0 ? reserve(state, plan, event) : state
    }
    expect(state.calls).toBeGreaterThan(500)
  })
})
