import { describe, expect, it } from '@jest/globals'
import type { Rule } from '@writ/contracts'
import { mediated } from './given.suite.ts'
import type { Answer } from './stages.ts'

// Wherever an agent can put words on their way out: a rule about what they say denies them, and nothing of them leaves.

const asked =
  (method: string, params: (words: string) => object) =>
  (words: string): object => ({ jsonrpc: '2.0', id: 7, method, params: params(words) })
const told =
  (method: string, params: (words: string) => object) =>
  (words: string): object => ({ jsonrpc: '2.0', method, params: params(words) })
const answered =
  (content: (words: string) => object) =>
  (words: string): object => ({ jsonrpc: '2.0', id: 7, ...content(words) })

const PLACES: Readonly<Record<string, (words: string) => object>> = {
  'an argument': asked('tools/call', (note) => ({ name: 'x', arguments: { note } })),
  'an argument deep down': asked('tools/call', (note) => ({ name: 'x', arguments: { a: [{ b: [note] }] } })),
  'the name of an argument': asked('tools/call', (note) => ({ name: 'x', arguments: { [note]: 1 } })),
  'the name of a tool': asked('tools/call', (name) => ({ name })),
  'beside the arguments': asked('tools/call', (vendor) => ({ name: 'x', vendor })),
  'the _meta of a call': asked('tools/call', (note) => ({ name: 'x', _meta: { 'vendor/note': note } })),
  'the state of a call of several rounds': asked('tools/call', (requestState) => ({
    name: 'x',
    requestState,
  })),
  'what a person answered': asked('tools/call', (note) => ({
    name: 'x',
    inputResponses: { one: { action: 'accept', content: { note } } },
  })),
  'what a model answered': asked('tools/call', (text) => ({
    name: 'x',
    inputResponses: { one: { role: 'assistant', content: { type: 'text', text }, model: 'm' } },
  })),
  'the roots of a device': asked('tools/call', (uri) => ({
    name: 'x',
    inputResponses: { one: { roots: [{ uri }] } },
  })),
  'what a person answered a task': asked('tasks/update', (note) => ({
    taskId: 'x',
    inputResponses: { one: { action: 'accept', content: { note } } },
  })),
  'the id of a task': asked('tasks/get', (taskId) => ({ taskId })),
  'an argument of a prompt': asked('prompts/get', (note) => ({ name: 'x', arguments: { note } })),
  'the address of a resource': asked('resources/read', (uri) => ({ uri })),
  'what is to be completed': asked('completion/complete', (value) => ({
    ref: { type: 'ref/prompt', name: 'x' },
    argument: { name: 'a', value },
  })),
  'the context of a completion': asked('completion/complete', (note) => ({
    ref: { type: 'ref/prompt', name: 'x' },
    argument: { name: 'a', value: 'b' },
    context: { arguments: { note } },
  })),
  'what is listened to': asked('subscriptions/listen', (uri) => ({
    notifications: { resourceSubscriptions: [uri] },
  })),
  'the cursor of a list': asked('tools/list', (cursor) => ({ cursor })),
  'the name of a client': asked('initialize', (name) => ({ clientInfo: { name, version: '1' } })),
  'a capability': asked('initialize', (note) => ({ capabilities: { experimental: { note } } })),
  'the words of a progress': told('notifications/progress', (message) => ({
    progressToken: 1,
    progress: 1,
    message,
  })),
  'the reason of a cancellation': told('notifications/cancelled', (reason) => ({ requestId: 1, reason })),
  'an answer to a question': answered((text) => ({ result: { content: { type: 'text', text } } })),
  'an answer of no known shape': answered((vendor) => ({ result: { vendor } })),
  'an error': answered((message) => ({ error: { code: 1, message } })),
  'the data of an error': answered((note) => ({ error: { code: 1, message: 'no', data: [note] } })),
}

const noMail: Rule = {
  id: 'no-mail',
  effect: 'deny',
  on: ['outbound'],
  when: { path: 'content.signals', op: 'has', value: 'pii.email' },
  reason: 'No addresses.',
}
const codeOf = (answer: Answer): string => (answer.kind === 'refusal' ? answer.refusal.code : answer.kind)

describe('words of an agent in', () => {
  it.each(Object.entries(PLACES))('%s are denied by a rule about what they say', async (_, message) => {
    const happened = await mediated({ rules: [noMail], message: message('write to ana@example.com') })
    expect(codeOf(happened.answer)).toBe('policy_denied')
    expect(happened.log).toEqual(['close policy_denied'])
    expect(happened.entry?.outbound).toMatchObject({ matches: [{ rule: 'no-mail', errored: false }] })
  })

  it.each(Object.entries(PLACES))('%s pass where they are harmless', async (_, message) => {
    expect((await mediated({ rules: [noMail], message: message('two lamps') })).forwarded).toHaveLength(1)
  })
})
