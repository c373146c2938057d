import { localCall, runs, whenPossible, whenSure } from './local-actions.ts'
import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'Nothing that cannot be brought back'

export const DESTRUCTIVE_COMMANDS: PolicyTemplate = {
  name: 'destructive-commands',
  title: TITLE,
  stops:
    'Deleting what is not of the workspace, the workspace itself or its history of versions, wiping disks, and dropping or truncating the data of databases and clouds, by whatever program, wrapper or script text a command hides it in. What may do so in some reading waits for a person.',
  costs:
    'Deleting and overwriting files inside a workspace is ordinary work and passes: the history of versions is what brings them back. A script or a build file of the workspace is not read. Of commands that only look destructive, few are asked about; docs/shell.md has the figures.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      whenSure({
        id: 'deny-destroying',
        effect: 'deny',
        kinds: ['destructive_delete', 'disk_wipe', 'data_destroy'],
        reason: 'This destroys what cannot be brought back.',
      }),
      whenPossible({
        id: 'ask-possible-destroying',
        effect: 'ask',
        kinds: ['destructive_delete', 'disk_wipe', 'data_destroy'],
        reason: 'This may destroy what cannot be brought back.',
      }),
    ],
    casesOf(
      {
        name: 'deleting a home directory is denied',
        call: localCall({ class: 'destructive', sure: ['destructive_delete'], input: runs('rm -rf ~') }),
        expect: { decision: 'deny', rules: ['deny-destroying', 'ask-possible-destroying'] },
      },
      {
        name: 'dropping a table is asked about',
        call: localCall({
          class: 'destructive',
          possible: ['data_destroy'],
          input: runs('psql -c "drop table t"'),
        }),
        expect: { decision: 'ask', rules: ['ask-possible-destroying'] },
      },
      {
        name: 'deleting what a build made passes',
        call: localCall({ class: 'destructive', input: runs('rm -rf dist') }),
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
