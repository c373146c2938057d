import { ON_HOOKS, localCall, runs, whenPossible, whenSure } from './local-actions.ts'
import { UNTRUSTED_LABELS } from './marking.ts'
import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'What keeps watch stays as it is'

export const GUARD_TAMPERING: PolicyTemplate = {
  name: 'guard-tampering',
  title: TITLE,
  stops:
    'Changing what decides what an agent may do, or who watches it: settings, hooks and servers of every coding agent, the files and processes of this platform, other agents that are started without their safeguards, going round the proxy; and hiding what was done, in logs, histories of commands and published commits.',
  costs:
    'Settings of a coding agent and its list of MCP servers have to be changed by a person, also where they asked for it. Starting another agent is a question. Files that agents take as orders are asked about only in a session that has read what strangers may have written, and that needs the labels of one of the taint policies.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      whenSure({
        id: 'deny-tampering',
        effect: 'deny',
        kinds: ['guard_tamper', 'agent_setting', 'history_tamper'],
        reason: 'This changes what keeps watch, or hides what was done.',
      }),
      whenPossible({
        id: 'ask-possible-tampering',
        effect: 'ask',
        kinds: ['guard_tamper', 'agent_setting', 'history_tamper'],
        reason: 'This may change what keeps watch, or hide what was done.',
      }),
      {
        id: 'ask-orders-from-strangers',
        effect: 'ask',
        on: ['outbound'],
        when: {
          all: [
            ON_HOOKS,
            { path: 'args.facts', op: 'has', value: 'agent_instruction' },
            { path: 'session.labels', op: 'hasAny', value: UNTRUSTED_LABELS },
          ],
        },
        reason: 'The session has read untrusted content, and this changes what agents take as orders.',
      },
    ],
    casesOf(
      {
        name: 'changing the hooks is denied',
        call: localCall({
          kind: 'file.write',
          class: 'admin',
          sure: ['guard_tamper'],
          input: { path: '.claude/settings.json' },
        }),
        expect: { decision: 'deny', rules: ['deny-tampering', 'ask-possible-tampering'] },
      },
      {
        name: 'starting another agent is asked about',
        call: localCall({ class: 'admin', possible: ['guard_tamper'], input: runs('claude -p hello') }),
        expect: { decision: 'ask', rules: ['ask-possible-tampering'] },
      },
      {
        name: "orders after a stranger's words are asked about",
        labels: ['untrusted'],
        call: localCall({
          kind: 'file.write',
          class: 'write.local',
          possible: ['agent_instruction'],
          input: { path: 'AGENTS.md' },
        }),
        expect: { decision: 'ask', rules: ['ask-orders-from-strangers'] },
      },
      {
        name: 'orders in a clean session pass',
        call: localCall({
          kind: 'file.write',
          class: 'write.local',
          possible: ['agent_instruction'],
          input: { path: 'AGENTS.md' },
        }),
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
