import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'A run that goes in circles ends'

/** S8. */
export const LOOP_BREAKER: PolicyTemplate = {
  name: 'loop-breaker',
  title: TITLE,
  stops:
    'Agents that try the same again and again: five denials within ten minutes, or the same tool with the very same arguments a seventh time within ten minutes, end the session. Probing for what is allowed and endless retries look like this.',
  costs:
    'Polling looks the same as a loop: a tool that is asked for its state every minute with the same arguments ends the session; except it by its name (unless). Of a session with very many different calls at once, some share a counter, so the end may come early and never late. The research gives no figure for it.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      {
        id: 'end-after-denials',
        effect: 'abort',
        on: ['outbound'],
        when: { count: { event: 'denial' }, window: '10m', op: 'gte', value: 5 },
        reason: 'Too much of what the session tried was denied.',
      },
      {
        id: 'end-repetition',
        effect: 'abort',
        on: ['outbound'],
        when: { count: { event: 'call', same: 'arguments' }, window: '10m', op: 'gte', value: 6 },
        reason: 'The session repeats the same call.',
      },
    ],
    casesOf(
      {
        name: 'a call after five denials ends the session',
        history: Array.from({ length: 5 }, () => ({
          tool: 'delete_branch',
          class: 'destructive',
          outcome: 'deny',
          ago: '5m',
        })),
        call: { tool: 'get_order', class: 'read.private' },
        expect: { decision: 'abort', rules: ['end-after-denials'] },
      },
      {
        name: 'denials of long ago do not count',
        history: Array.from({ length: 5 }, () => ({
          tool: 'delete_branch',
          class: 'destructive',
          outcome: 'deny',
          ago: '11m',
        })),
        call: { tool: 'get_order', class: 'read.private' },
        expect: { decision: 'allow', rules: [] },
      },
      {
        name: 'the seventh call of the same kind ends the session, whatever the order of its arguments',
        history: Array.from({ length: 6 }, () => ({
          tool: 'get_order',
          class: 'read.private',
          args: { id: 7, full: true },
          ago: '1m',
        })),
        call: { tool: 'get_order', class: 'read.private', args: { full: true, id: 7 } },
        expect: { decision: 'abort', rules: ['end-repetition'] },
      },
      {
        name: 'the same tool with other arguments passes',
        history: Array.from({ length: 9 }, (_, id) => ({
          tool: 'get_order',
          class: 'read.private',
          args: { id },
          ago: '1m',
        })),
        call: { tool: 'get_order', class: 'read.private', args: { id: 9 } },
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
