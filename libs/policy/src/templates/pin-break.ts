import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'Tools stay what was approved'

/** S9. */
export const PIN_BREAK: PolicyTemplate = {
  name: 'pin-break',
  title: TITLE,
  stops:
    'Rug pulls: a tool whose description, schema or annotations are no longer those that an admin approved is not called any more until somebody has looked, and a tool that nobody has approved yet is asked about.',
  costs:
    'Every update of a server that touches a definition needs an approval before its tools work again; servers that write a date into their descriptions change daily. A tool whose definition was never listed to a gateway is not judged. What a tool does behind an unchanged definition is not seen. The research gives no figure for it.',
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
        id: 'ask-new',
        effect: 'ask',
        on: ['outbound'],
        when: { path: 'tool.pin', op: 'eq', value: 'new' },
        reason: 'Nobody has approved this tool yet.',
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
        name: 'an approved tool passes',
        call: { tool: 'get_order', class: 'read.private', pin: 'approved' },
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
