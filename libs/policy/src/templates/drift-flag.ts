import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'Changed tools are noticed'

/** S9 in its mildest form. */
export const DRIFT_FLAG: PolicyTemplate = {
  name: 'drift-flag',
  title: TITLE,
  stops:
    'Nothing: every call of a tool whose definition is no longer the approved one, and every call of one that nobody has approved, is flagged in its record, and what a changed tool answers marks the session as untrusted, so that session policies become stricter.',
  costs:
    'Nobody waits and nothing is denied: whoever wants to be protected takes drift-quarantine or pin-break. It is there to see what those would meet. Of a tool that nobody has listed yet nothing is known, and nothing is flagged.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      {
        id: 'flag-drift',
        effect: 'flag',
        on: ['outbound'],
        when: { path: 'tool.pin', op: 'in', value: ['changed', 'new', 'renamed'] },
        reason: 'The definition of the tool is not one that was approved.',
      },
      {
        id: 'mark-drifted',
        effect: 'allow',
        on: ['inbound'],
        when: { path: 'tool.pin', op: 'eq', value: 'changed' },
        reason: 'The session has read what a changed tool answered.',
        labels: { add: ['untrusted'] },
      },
    ],
    casesOf(
      {
        name: 'a tool that changed passes and is flagged',
        call: { tool: 'get_order', class: 'read.private', pin: 'changed' },
        expect: { decision: 'allow', rules: ['flag-drift'] },
      },
      {
        name: 'a tool that nobody approved passes and is flagged',
        call: { tool: 'get_order', class: 'read.private', pin: 'new' },
        expect: { decision: 'allow', rules: ['flag-drift'] },
      },
      {
        name: 'what a changed tool answers marks the session',
        call: { tool: 'get_order', class: 'read.private', pin: 'changed', direction: 'inbound', content: {} },
        expect: { decision: 'allow', rules: ['mark-drifted'] },
      },
      {
        name: 'an approved tool is not flagged',
        call: { tool: 'get_order', class: 'read.private', pin: 'approved' },
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
