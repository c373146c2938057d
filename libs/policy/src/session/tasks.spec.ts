import { describe, expect, it } from '@jest/globals'
import type { Action } from '@writ/contracts'
import { SessionState } from '@writ/contracts'
import { inherit } from './inherit.ts'
import { newSession } from './state.ts'
import { taskOf, withTask } from './tasks.ts'

const fresh = newSession(Date.UTC(2026, 10, 21))
const call = (tool: string, change: Partial<Action> = {}): Action => ({
  method: 'tools/call',
  tool,
  class: 'money',
  classSource: 'admin',
  resource: `shop/${tool}`,
  ...change,
})
const place = (task: string, connection = 'shop') => ({ connection, task })

describe('a task', () => {
  const state = withTask(fresh, place('t-1'), call('pay'))

  it('is remembered with the call that began it', () => {
    expect(taskOf(state, place('t-1'))).toEqual(call('pay'))
    expect(SessionState.safeParse(state).success).toBe(true)
  })

  it.each([
    ['another task', place('t-2')],
    ['a task of another connection', place('t-1', 'crm')],
    ['a name that every object has', place('__proto__')],
  ])('is not %s', (_, other) => expect(taskOf(state, other)).toBeNull())

  it('stands in the state as a hash: who knows its id may fetch it', () => {
    expect(JSON.stringify(withTask(fresh, place('a-secret-task'), call('pay')))).not.toContain('a-secret')
  })

  it('is remembered once', () => {
    expect(withTask(state, place('t-1'), call('pay'))).toBe(state)
    expect(state.version).toBe(fresh.version + 1)
  })

  it('is nobody’s when two calls say to have begun it, and stays so', () => {
    const twice = withTask(state, place('t-1'), call('read', { class: 'read.private' }))
    expect(taskOf(twice, place('t-1'))).toBeNull()
    expect(taskOf(withTask(twice, place('t-1'), call('read')), place('t-1'))).toBeNull()
    expect(taskOf(withTask(twice, place('t-1'), call('pay')), place('t-1'))).toBeNull()
  })

  it('is nobody’s when its call has a name too long to keep', () => {
    expect(taskOf(withTask(fresh, place('t'), call('x'.repeat(600))), place('t'))).toBeNull()
  })

  it('is the oldest that is forgotten, so that no server fills a session', () => {
    const many = Array.from({ length: 65 }, (_, at) => at)
    const full = many.reduce((now, at) => withTask(now, place(`t-${at}`), call('pay')), fresh)
    expect(Object.keys(full.tasks ?? {})).toHaveLength(64)
    expect(taskOf(full, place('t-0'))).toBeNull()
    expect(taskOf(full, place('t-64'))).toEqual(call('pay'))
  })

  it('is inherited, and is nobody’s where parent and child say otherwise', () => {
    expect(taskOf(inherit(state, fresh), place('t-1'))).toEqual(call('pay'))
    expect(taskOf(inherit(fresh, state), place('t-1'))).toEqual(call('pay'))
    const other = withTask(fresh, place('t-1'), call('read'))
    expect(taskOf(inherit(state, other), place('t-1'))).toBeNull()
    expect('tasks' in inherit(fresh, fresh)).toBe(false)
  })
})
