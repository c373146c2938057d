import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'A run ends after 500 calls or eight hours'

/** S7. */
export const BUDGET: PolicyTemplate = {
  name: 'budget',
  title: TITLE,
  stops:
    'Runs that never end: an agent that was left alone, hijacked or caught in its own plan. The call after the 500th, or after eight hours, ends the session, and nothing of it passes any more.',
  costs:
    'Long honest runs end too, in the middle of what they do: set both numbers to what your agents need. Calls that failed give their place back. It counts calls, not tokens: what a model costs is not seen by a gateway. The research gives no figure for it.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      {
        id: 'end-long-runs',
        effect: 'abort',
        on: ['outbound'],
        when: {
          any: [
            { path: 'session.calls', op: 'gte', value: 500 },
            { path: 'session.ageSeconds', op: 'gt', value: 28_800 },
          ],
        },
        reason: 'The session has used up its calls or its time.',
      },
    ],
    casesOf(
      {
        name: 'a call after more than eight hours ends the session',
        history: [{ tool: 'get_order', class: 'read.private', ago: '9h' }],
        call: { tool: 'get_order', class: 'read.private' },
        expect: { decision: 'abort', rules: ['end-long-runs'] },
      },
      {
        name: 'a call within eight hours passes',
        history: [{ tool: 'get_order', class: 'read.private', ago: '8h' }],
        call: { tool: 'get_order', class: 'read.private' },
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
