import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'Tools stay what was approved'

/** S9. */
export const PIN_BREAK: PolicyTemplate = {
  name: 'pin-break',
  title: TITLE,
  stops:
    'Rug pulls: a tool whose description, schema or annotations are no longer those that an admin approved is not called any more until somebody has looked, also when its session was shown another definition before; a tool that nobody has approved yet, by this name, is asked about. An approved tool is called only after somebody has seen what its server shows now.',
  costs:
    'Every update of a server that touches a definition needs an approval before its tools work again; servers that write a date into their descriptions change daily. An agent has to list its tools before it calls one, and one that was shown two definitions of a tool needs a new session before it may call it. Where nothing of a server is approved, a tool that was never listed is not judged. What a tool does behind an unchanged definition is not seen. The research gives no figure for it.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      {
        id: 'deny-changed',
        effect: 'deny',
        on: ['outbound'],
        when: { path: 'tool.pin', op: 'eq', value: 'changed' },
        reason: 'The definition of the tool is not the one that was approved.',
      },
      {
        id: 'deny-unverified',
        effect: 'deny',
        on: ['outbound'],
        when: { path: 'tool.pin', op: 'eq', value: 'unverified' },
        reason:
          'Nobody has seen the definition of this approved tool yet: list the tools, then call it again.',
      },
      {
        id: 'ask-new',
        effect: 'ask',
        on: ['outbound'],
        when: { path: 'tool.pin', op: 'in', value: ['new', 'renamed'] },
        reason: 'Nobody has approved a tool of this name yet.',
      },
    ],
    casesOf(
      {
        name: 'a tool that changed is denied',
        call: { tool: 'get_order', class: 'read.private', pin: 'changed' },
        expect: { decision: 'deny', rules: ['deny-changed'] },
      },
      {
        name: 'a tool that nobody approved is asked about',
        call: { tool: 'get_order', class: 'read.private', pin: 'new' },
        expect: { decision: 'ask', rules: ['ask-new'] },
      },
      {
        name: 'an approved tool under another name is asked about',
        call: { tool: 'fetch_order', class: 'read.private', pin: 'renamed' },
        expect: { decision: 'ask', rules: ['ask-new'] },
      },
      {
        name: 'an approved tool that nobody has seen yet is denied',
        call: { tool: 'get_order', class: 'read.private', pin: 'unverified' },
        expect: { decision: 'deny', rules: ['deny-unverified'] },
      },
      {
        name: 'an approved tool passes',
        call: { tool: 'get_order', class: 'read.private', pin: 'approved' },
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
