import { describe, expect, it } from '@jest/globals'
import type { Rule } from '@writ/contracts'
import { call, IDS, mediated, memorySessions, stream, whole } from './given.suite.ts'
import type { Given } from './given.suite.ts'
import type { Answer } from './stages.ts'

const answerOf = (result: object) => ({ jsonrpc: '2.0', id: 7, result })
const BEGUN = {
  'of 2025': answerOf({ task: { taskId: 'task-1', status: 'working' } }),
  'of 2026': answerOf({ resultType: 'task', taskId: 'task-1', status: 'working' }),
}
const fetching = (method = 'tasks/result', taskId = 'task-1') => ({
  jsonrpc: '2.0',
  id: 7,
  method,
  params: { taskId },
})
const PAID = answerOf({ content: [{ type: 'text', text: 'paid' }] })

const inbound = (when: Rule['when']): Rule => ({
  id: 'withhold',
  effect: 'deny',
  on: ['inbound'],
  when,
  reason: 'The house says so.',
})
const ofPay = inbound({ path: 'action.tool', op: 'eq', value: 'pay' })
const ofMoney = inbound({ path: 'action.class', op: 'eq', value: 'money' })
const ofStrangers = inbound({ path: 'action.class', op: 'eq', value: 'read.untrusted' })

const connection = {
  id: IDS.connection,
  name: 'tools',
  url: 'https://upstream.test/mcp',
  credential: { kind: 'none' as const },
  groups: [IDS.group],
  toolClasses: { pay: 'money' as const },
  trust: 'external' as const,
  annotationsTrusted: false,
  suspended: false,
  tools: [],
}

/** A call of `pay` that becomes a task, without rules that would withhold that. */
async function begun(answer: Given['answer'], tool = 'pay', given: Given = {}) {
  const sessions = given.sessions ?? memorySessions()
  const bundle = { connections: [connection] }
  const { answer: said } = await mediated({
    ...given,
    sessions,
    bundle,
    message: call({}, tool),
    ...answered(answer),
  })
  if (said.kind === 'stream') for await (const frame of said.frames) expect(frame).toBeDefined()
  const fetched = (rule: Rule, message: object = fetching(), result: Given['answer'] = whole(PAID)) =>
    mediated({ sessions, bundle, message, rules: [rule], ...answered(result) })
  return { sessions, fetched }
}
const answered = (answer: Given['answer']) => (answer === undefined ? {} : { answer })

const codeOf = (answer: Answer): string => (answer.kind === 'refusal' ? answer.refusal.code : answer.kind)

describe('the result of a task', () => {
  it.each(Object.entries(BEGUN))('%s is judged as the answer to the call that began it', async (_, said) => {
    const { fetched } = await begun(whole(said))
    for (const method of ['tasks/result', 'tasks/get', 'tasks/cancel']) {
      expect(codeOf((await fetched(ofPay, fetching(method))).answer)).toBe('response_denied')
      expect(codeOf((await fetched(ofMoney, fetching(method))).answer)).toBe('response_denied')
      expect(codeOf((await fetched(ofStrangers, fetching(method))).answer)).toBe('whole')
    }
  })

  it('is judged so too when the task was begun in a stream, and is fetched in one', async () => {
    const { fetched } = await begun(stream(BEGUN['of 2025']))
    const { answer } = await fetched(ofPay, fetching(), stream(PAID))
    let text = ''
    if (answer.kind === 'stream')
      for await (const frame of answer.frames) text += new TextDecoder().decode(frame)
    expect(text).not.toContain('paid')
    expect(text).toContain('withhold')
  })

  it('is judged by the rules of requests as what it is: a read of the task', async () => {
    const { fetched } = await begun(whole(BEGUN['of 2025']))
    expect((await fetched({ ...ofMoney, on: ['outbound'] })).entry?.action?.class).toBe('read.private')
    expect((await fetched({ ...ofPay, on: ['outbound'] })).forwarded).toHaveLength(1)
  })

  it.each<[string, () => Promise<Awaited<ReturnType<typeof begun>>>, string]>([
    ['that nobody began here', () => begun(whole(PAID)), 'task-1'],
    ['of another name', () => begun(whole(BEGUN['of 2025'])), 'task-2'],
    ['that two calls began', () => begunTwice(), 'task-1'],
    [
      'that could not be remembered',
      () => begun(whole(BEGUN['of 2025']), 'pay', { sessions: AWAY }),
      'task-1',
    ],
  ])('%s is what a stranger wrote', async (_, beginning, id) => {
    const { fetched } = await beginning()
    expect(codeOf((await fetched(ofStrangers, fetching('tasks/result', id))).answer)).toBe('response_denied')
  })

  it('of another session is what a stranger wrote', async () => {
    await begun(whole(BEGUN['of 2025']))
    const { fetched } = await begun(whole(PAID), 'lookup_order')
    expect(codeOf((await fetched(ofStrangers)).answer)).toBe('response_denied')
  })

  it('is not remembered of what is no call of a tool', async () => {
    const sessions = memorySessions()
    await mediated({ sessions, message: fetching('tasks/get'), answer: whole(BEGUN['of 2025']) })
    expect(await sessions.read({ tenant: IDS.tenant, session: IDS.session })).toBeNull()
  })
})

const AWAY = {
  read: async () => Promise.reject(new Error('away')),
  replace: async () => Promise.reject(new Error('away')),
}

async function begunTwice() {
  const { sessions } = await begun(whole(BEGUN['of 2025']))
  return begun(whole(BEGUN['of 2025']), 'lookup_order', { sessions })
}

const shownIn = (answer: Answer) => {
  if (answer.kind !== 'whole') throw new Error('it was refused')
  return JSON.parse(Buffer.from(answer.body).toString()).result
}

describe('a listing of tasks', () => {
  const listing = answerOf({
    tasks: [{ taskId: 'task-1', status: 'working' }, { taskId: 'task-2', status: 'working' }, 'task-1'],
    nextCursor: 'more',
  })
  const passes = inbound({ path: 'action.tool', op: 'eq', value: 'nothing' })
  const listTasks = { jsonrpc: '2.0', id: 7, method: 'tasks/list', params: {} }
  it('shows those that this session began: an upstream may know its callers by one credential only', async () => {
    const { fetched } = await begun(whole(BEGUN['of 2025']))
    const { answer } = await fetched(passes, listTasks, whole(listing))
    expect(shownIn(answer)).toEqual({ tasks: [{ taskId: 'task-1', status: 'working' }], nextCursor: 'more' })
  })

  it('shows none to another session, and none where nobody knows', async () => {
    for (const sessions of [
      memorySessions(),
      { ...memorySessions(), read: () => Promise.reject(new Error('away')) },
    ]) {
      const given = { sessions, bundle: { connections: [connection] }, message: listTasks }
      const { answer } = await mediated({ ...given, answer: whole(listing) })
      expect(shownIn(answer).tasks).toEqual([])
    }
  })
})
