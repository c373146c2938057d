import { signalsOf } from './marking.ts'
import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'PII Protection'

/**
 * Personal data is rewritten outbound only: that is where it leaves the tenant. What a tool answers was fetched for this very caller;
 * rewriting it would break what agents do most (read a record, change it, write it back), and a tenant that wants it adds `inbound`.
 */
export const PERSONAL_DATA: PolicyTemplate = {
  name: 'personal-data',
  title: TITLE,
  stops:
    'Personal data in what agents send to tools: numbers with a checksum or a fixed form (cards, IBANs, national numbers), e-mail addresses, phone numbers, and what the name of a field says it is. Cards and IBANs keep their last four characters, everything else becomes a mark such as [EMAIL]; the rest of the call is unchanged.',
  costs:
    'A tool that needs the value does not get it: a mail to a customer goes to [EMAIL] and fails. Give such agents a group without this policy, an exception (unless) for the tool, or the way token instead of replace. Where a value cannot be rewritten (in a number, in the name of a member, where the schema of the tool forbids it) the call is denied. Names and postal addresses in prose are not seen.',
  attachedByDefault: true,
  document: documentOf(
    TITLE,
    [
      {
        id: 'redact-personal-data',
        effect: 'modify',
        on: ['outbound'],
        when: { path: 'content.signals', op: 'hasAny', value: signalsOf('pii.') },
        reason: 'Personal data does not leave in tool arguments.',
        modify: { 'pii.*': 'replace', 'pii.card': 'mask', 'pii.iban': 'mask' },
      },
    ],
    casesOf(
      {
        name: 'personal data is rewritten in arguments',
        call: {
          tool: 'create_note',
          class: 'write.shared',
          args: { to: 'me@example.com', note: 'card 4012 8888 8888 1881', n: 1 },
        },
        expect: {
          decision: 'allow',
          rules: ['redact-personal-data'],
          args: { to: '[EMAIL]', note: 'card **** **** **** 1881', n: 1 },
        },
      },
      {
        name: 'personal data comes back untouched',
        call: {
          tool: 'get_customer',
          class: 'read.private',
          direction: 'inbound',
          content: { text: 'me@example.com' },
        },
        expect: { decision: 'allow', rules: [], content: { text: 'me@example.com' } },
      },
      {
        name: 'other arguments are left alone',
        call: { tool: 'create_note', class: 'write.shared', args: { note: 'Order 4711 is late.' } },
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
