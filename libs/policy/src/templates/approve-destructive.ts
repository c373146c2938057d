import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'A person approves what cannot be undone'

/** S5. */
export const APPROVE_DESTRUCTIVE: PolicyTemplate = {
  name: 'approve-destructive',
  title: TITLE,
  stops:
    'Deleting, dropping and purging without anybody having looked. A person approves the first such call on a resource; for a quarter of an hour after that, further ones on the same resource pass.',
  costs:
    'One approval for each resource and quarter of an hour of work; where nobody can be asked, the call is denied. It is as good as the classes of the tools: what hides a deletion behind a harmless name and was never classed by an admin passes. In AgentDojo few tasks delete anything; the research gives no figure of its own for it.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      {
        id: 'ask-before-destroying',
        effect: 'ask',
        on: ['outbound'],
        when: {
          all: [
            { path: 'action.class', op: 'eq', value: 'destructive' },
            { count: { event: 'approval', same: 'resource' }, window: '15m', op: 'eq', value: 0 },
          ],
        },
        reason: 'What this does cannot be undone.',
      },
    ],
    casesOf(
      {
        name: 'the first deletion is asked about',
        call: { tool: 'delete_branch', class: 'destructive', args: { name: 'old' } },
        expect: { decision: 'ask', rules: ['ask-before-destroying'] },
      },
      {
        name: 'one that follows an approval passes',
        history: [{ tool: 'delete_branch', class: 'destructive', outcome: 'approved', ago: '5m' }],
        call: { tool: 'delete_branch', class: 'destructive', args: { name: 'older' } },
        expect: { decision: 'allow', rules: [] },
      },
      {
        name: 'an approval ends',
        history: [{ tool: 'delete_branch', class: 'destructive', outcome: 'approved', ago: '16m' }],
        call: { tool: 'delete_branch', class: 'destructive', args: { name: 'older' } },
        expect: { decision: 'ask', rules: ['ask-before-destroying'] },
      },
      {
        name: 'what can be undone passes',
        call: { tool: 'create_branch', class: 'write.shared', args: { name: 'new' } },
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
