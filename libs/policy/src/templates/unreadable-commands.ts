import { localCall, runs, whenPossible, whenSure } from './local-actions.ts'
import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'What cannot be read is asked about'

export const UNREADABLE_COMMANDS: PolicyTemplate = {
  name: 'unreadable-commands',
  title: TITLE,
  stops:
    'Commands that hide what they do: a program that is only known when it runs, code that is made of text, characters that do not show, nesting without end, sessions that nobody sees, lines that bash itself would refuse, PowerShell and cmd beyond the plainest looks, and tools that nobody has described.',
  costs:
    "A question now and then for honest commands that are too clever. Whether what cannot be read is allowed, asked about or refused is a setting of the tenant's hooks: refused, it is a fact of its own that this policy denies; allowed, the fact is kept in the record and not shown to policies.",
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      whenSure({
        id: 'deny-unreadable',
        effect: 'deny',
        kinds: ['unknown_refused'],
        reason: 'This cannot be read, and the tenant refuses what cannot be read.',
      }),
      whenPossible({
        id: 'ask-unreadable',
        effect: 'ask',
        kinds: ['unresolvable', 'opaque_exec', 'unknown_tool'],
        reason: 'What this does cannot be read.',
      }),
    ],
    casesOf(
      {
        name: 'a program that is not known is asked about',
        call: localCall({ class: 'exec', possible: ['opaque_exec'], input: runs('$X -rf y') }),
        expect: { decision: 'ask', rules: ['ask-unreadable'] },
      },
      {
        name: 'where the tenant refuses it, it is denied',
        call: localCall({
          class: 'exec',
          sure: ['unknown_refused'],
          possible: ['opaque_exec'],
          input: runs('$X -rf y'),
        }),
        expect: { decision: 'deny', rules: ['deny-unreadable', 'ask-unreadable'] },
      },
      {
        name: 'what can be read passes',
        call: localCall({ class: 'read.private', input: runs('git status') }),
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
