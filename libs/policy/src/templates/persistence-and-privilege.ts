import { localCall, runs, whenPossible, whenSure } from './local-actions.ts'
import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'Nothing that stays, nothing that rises'

export const PERSISTENCE_AND_PRIVILEGE: PolicyTemplate = {
  name: 'persistence-and-privilege',
  title: TITLE,
  stops:
    'Making something run later or elsewhere by itself (start-up files of shells, timers, services, hooks of version control, keys that let others in), and becoming somebody else or taking rights: sudo, rights bits, users and groups, containers with the whole machine bound in.',
  costs:
    'An agent does not install hooks of version control, services or timers, and does not use sudo: a person does that. Files of pipelines and editors that run things (workflows, tasks) are ordinary in a workspace and are asked about each time. In containers where everything is root, sudo is a habit that has to go.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      whenSure({
        id: 'deny-staying-or-rising',
        effect: 'deny',
        kinds: ['persistence', 'privilege'],
        reason: 'This makes something run by itself later, or takes rights.',
      }),
      whenPossible({
        id: 'ask-possible-staying',
        effect: 'ask',
        kinds: ['persistence', 'privilege'],
        reason: 'This may run by itself later, or take rights.',
      }),
    ],
    casesOf(
      {
        name: 'a start-up file is denied',
        call: localCall({ class: 'admin', sure: ['persistence'], input: runs("echo 'x' >> ~/.bashrc") }),
        expect: { decision: 'deny', rules: ['deny-staying-or-rising', 'ask-possible-staying'] },
      },
      {
        name: 'a workflow is asked about',
        call: localCall({
          kind: 'file.write',
          class: 'admin',
          possible: ['persistence'],
          input: { path: '.github/workflows/ci.yml' },
        }),
        expect: { decision: 'ask', rules: ['ask-possible-staying'] },
      },
      {
        name: 'a change of rights inside the workspace passes',
        call: localCall({ class: 'admin', input: runs('chmod +x build.sh') }),
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
