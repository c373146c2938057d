import { describe, expect, it } from '@jest/globals'
import type { Rule } from '@writ/contracts'
import { call, IDS, mediated } from './given.suite.ts'
import type { Answer } from './stages.ts'

const connectionTaking = (inputSchema: { type: string; properties?: object }) => ({
  id: IDS.connection,
  name: 'tools',
  url: 'https://upstream.test/mcp',
  credential: { kind: 'none' as const },
  groups: [IDS.group],
  toolClasses: {},
  trust: 'external' as const,
  annotationsTrusted: false,
  suspended: false,
  tools: [
    {
      kind: 'tool' as const,
      name: 'lookup_order',
      pin: 'a'.repeat(64),
      contentPin: null,
      annotations: {},
      inputSchema: JSON.parse(JSON.stringify(inputSchema)),
    },
  ],
})
const noEtc: Rule = {
  id: 'no-etc',
  effect: 'deny',
  on: ['outbound'],
  when: { path: 'args.path', op: 'startsWith', value: '/etc' },
  reason: 'Not there.',
}
const codeOf = (answer: Answer): string => (answer.kind === 'refusal' ? answer.refusal.code : answer.kind)
const called = async (args: object, properties: object = { path: {} }) => {
  const bundle = { connections: [connectionTaking({ type: 'object', properties })] }
  const { answer, log } = await mediated({ rules: [noEtc], bundle, message: call(args) })
  return [codeOf(answer), log.includes('forward')]
}

describe('an argument that only a lax reader takes for one that a rule reads', () => {
  it('is judged where it is written as the tool says', async () => {
    expect(await called({ path: '/etc/passwd' })).toEqual(['policy_denied', false])
    expect(await called({ path: '/home' })).toEqual(['whole', true])
  })

  it.each(['Path', 'PATH', 'path ', 'p\u200bath', 'ｐath'])('is refused: %j', async (name) => {
    expect(await called({ [name]: '/etc/passwd' })).toEqual(['message_ambiguous', false])
  })

  it('is an argument of its own where the tool takes both, or neither', async () => {
    expect(await called({ Path: '/etc/passwd' }, { path: {}, Path: {} })).toEqual(['whole', true])
    expect(await called({ Path: '/etc/passwd' }, {})).toEqual(['whole', true])
  })
})
