import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'Changed tools wait for a person'

/** S9 between flagging and denying. */
export const DRIFT_QUARANTINE: PolicyTemplate = {
  name: 'drift-quarantine',
  title: TITLE,
  stops:
    'Rug pulls that nobody looks at: every single call of a tool whose definition is no longer the approved one, which nobody has approved, or which nobody has seen yet at this gateway, waits for a person, and what such a tool answers marks the session as untrusted. Approving the new definition ends the quarantine.',
  costs:
    'One approval for each call until an admin has approved the definition; where nobody can be asked, the call is denied. The changed description is still listed to agents, because its tool can be called: a model reads what it says. Take pin-break where that is too much, which hides such a tool.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      {
        id: 'ask-drifted',
        effect: 'ask',
        on: ['outbound'],
        when: { path: 'tool.pin', op: 'in', value: ['changed', 'new', 'renamed', 'unverified'] },
        reason: 'The definition of this tool is not one that was approved: a person looks at each call.',
      },
      {
        id: 'mark-drifted',
        effect: 'allow',
        on: ['inbound'],
        when: { path: 'tool.pin', op: 'in', value: ['changed', 'new', 'renamed', 'unverified'] },
        reason: 'The session has read what a tool answered that is not as it was approved.',
        labels: { add: ['untrusted'] },
      },
    ],
    casesOf(
      {
        name: 'a tool that changed is asked about',
        call: { tool: 'get_order', class: 'read.private', pin: 'changed' },
        expect: { decision: 'ask', rules: ['ask-drifted'] },
      },
      {
        name: 'a tool under a new name is asked about',
        call: { tool: 'fetch_order', class: 'read.private', pin: 'renamed' },
        expect: { decision: 'ask', rules: ['ask-drifted'] },
      },
      {
        name: 'a tool that nobody has seen yet is asked about',
        call: { tool: 'get_order', class: 'read.private', pin: 'unverified' },
        expect: { decision: 'ask', rules: ['ask-drifted'] },
      },
      {
        name: 'what a changed tool answers marks the session',
        call: { tool: 'get_order', class: 'read.private', pin: 'changed', direction: 'inbound', content: {} },
        expect: { decision: 'allow', rules: ['mark-drifted'] },
      },
      {
        name: 'an approved tool passes',
        call: { tool: 'get_order', class: 'read.private', pin: 'approved' },
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
