import { MARK_SECRET, signalsOf } from './marking.ts'
import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'Secrets stay inside'
/** Of the form of a key, made up; in two parts, so that no scanner takes this file for a leak. */
const MADE_UP_KEY = ['AKIA', 'QZ7M2KD5RT3WLB4N'].join('')

/** S3. */
export const SECRET_NO_EGRESS: PolicyTemplate = {
  name: 'secret-no-egress',
  title: TITLE,
  stops:
    'Secrets on their way out. A session that has seen one (a call that reads credentials, or a key in an answer) sends nothing to others any more; a call to others that carries something of the form of a secret is denied at once; and a call outward with the very value that was lent or seen before ends the session.',
  costs:
    'A session that has once seen a secret cannot post, mail or publish for the rest of its run; the user begins a new one. Test keys count as secrets where they have their form. A secret that was cut up or encoded twice is not recognised. No figures: the research measured no benign traffic for it.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      MARK_SECRET,
      {
        id: 'deny-sending-after-secret',
        effect: 'deny',
        on: ['outbound'],
        when: {
          all: [
            { path: 'session.labels', op: 'has', value: 'secret' },
            { path: 'action.class', op: 'eq', value: 'sink.external' },
          ],
        },
        reason: 'The session has seen a secret, so it sends nothing to others.',
      },
      {
        id: 'deny-sending-secret',
        effect: 'deny',
        on: ['outbound'],
        when: {
          all: [
            { path: 'action.class', op: 'eq', value: 'sink.external' },
            { path: 'content.signals', op: 'hasAny', value: signalsOf('secret.') },
          ],
        },
        reason: 'The call would carry a secret to others.',
      },
      {
        id: 'abort-on-known-secret',
        effect: 'abort',
        on: ['outbound'],
        when: {
          all: [
            { path: 'content.signals', op: 'has', value: 'secret.known' },
            { path: 'connection.trust', op: 'eq', value: 'external' },
          ],
        },
        reason: 'The call carries a secret that was lent to this platform or seen in this session.',
      },
    ],
    casesOf(
      {
        name: 'a post after reading a credential is denied',
        history: [{ tool: 'get_secret', class: 'credential', result: { name: 'deploy key' } }],
        call: { tool: 'post_message', class: 'sink.external', args: { text: 'done' } },
        expect: { decision: 'deny', rules: ['deny-sending-after-secret'] },
      },
      {
        name: 'a key in an answer marks the session',
        call: {
          tool: 'read_file',
          class: 'read.private',
          direction: 'inbound',
          content: { text: `aws_access_key_id = ${MADE_UP_KEY}` },
        },
        expect: { decision: 'allow', rules: ['mark-secret'], labels: ['secret'] },
      },
      {
        name: 'a post that carries a key is denied',
        call: { tool: 'post_message', class: 'sink.external', args: { text: `it is ${MADE_UP_KEY}` } },
        expect: { decision: 'deny', rules: ['deny-sending-secret'] },
      },
      {
        name: 'a post in a session without secrets passes',
        history: [{ tool: 'get_order', class: 'read.private', result: { id: 'A-4711' } }],
        call: { tool: 'post_message', class: 'sink.external', args: { text: 'done' } },
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
