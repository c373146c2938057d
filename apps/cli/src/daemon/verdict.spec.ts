import { describe, expect, it } from '@jest/globals'
import type { Json, JsonObject } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { HookAnswer } from '@writ/enforcement'
import type { HookEvent } from '@writ/hooks'
import { rewritten } from './rewritten.ts'
import { reasonOf, strictest } from './verdict.ts'

const answer = (outcome: HookAnswer['outcome'], more: Partial<HookAnswer> = {}): HookAnswer => ({
  decisionId: `dec_${'0'.repeat(26)}`,
  outcome,
  refusal: null,
  rule: null,
  approval: null,
  changed: null,
  ...more,
})

const event = (input: JsonObject, moment: HookEvent['moment'] = 'before'): HookEvent => ({
  client: 'claude-code',
  name: 'PreToolUse',
  moment,
  conversation: null,
  cwd: null,
  workspaces: [],
  toolUse: null,
  tool: 'Write',
  subagent: null,
  headless: false,
  actions: [],
  input,
  inputIsText: false,
  prompt: null,
  result: null,
})

const change = (from: Json, to: Json) => ({ from, to })

describe('of several answers', () => {
  it('the strictest stands, wherever it is', () => {
    const [allow, ask, deny] = [answer('allow'), answer('ask'), answer('deny')]
    expect(strictest([allow, deny, ask])).toBe(deny)
    expect(strictest([ask, allow])).toBe(ask)
    expect(strictest([allow, ask, deny])).toBe(deny)
    expect(strictest([])).toBeNull()
  })

  it('the reason is the rule’s, or the refusal’s, and never empty', () => {
    const rule = { policy: 'p', rule: 'r', reason: 'Because.' }
    expect(reasonOf(answer('deny', { rule }))).toBe('Because. [p/r]')
    expect(reasonOf(answer('deny', { refusal: new Refusal('policy_stale') }))).not.toBe('')
    expect(reasonOf(answer('deny', { refusal: new Refusal('internal', '') }))).not.toBe('')
    expect(reasonOf(answer('ask'))).not.toBe('')
  })
})

describe('a change by policy', () => {
  it('is made in the client’s own input, wherever the text stands there', () => {
    const changes = [change({ path: '/a', text: 'mail ada' }, { path: '/a', text: 'mail x' })]
    const input = { file_path: '/a', content: 'mail ada', more: [{ again: 'mail ada' }], n: 1 }
    expect(rewritten(changes, event(input))).toEqual({
      file_path: '/a',
      content: 'mail x',
      more: [{ again: 'mail x' }],
      n: 1,
    })
    expect(rewritten([], event(input))).toBeNull()
  })

  it.each<[string, Json, Json]>([
    ['of a text that the client has not sent so', { text: 'b' }, { text: 'x' }],
    ['of one of two texts that it has sent', { text: 'a', other: 'b' }, { text: 'x', other: 'y' }],
    ['of more than texts', { text: 'a', n: 1 }, { text: 'a', n: 2 }],
    ['that takes a member away', { text: 'a', more: 'a' }, { text: 'a' }],
    ['of a list’s length', ['a', 'a'], ['a']],
    ['of one text into two', ['a', 'a'], ['x', 'y']],
  ])('%s is impossible', (_, from, to) => {
    expect(rewritten([change(from, to)], event({ content: 'a' }))).toBe('impossible')
  })

  it('of a result takes its place whole, where it is an object', () => {
    expect(rewritten([change({ a: 'b' }, { a: 'x' })], event({}, 'after'))).toEqual({ a: 'x' })
    expect(rewritten([change('b', 'x')], event({}, 'after'))).toBe('impossible')
  })
})
