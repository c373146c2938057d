import { localCall, runs, whenPossible, whenSure } from './local-actions.ts'
import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'No credential files for coding agents'

export const CREDENTIAL_FILES: PolicyTemplate = {
  name: 'credential-files',
  title: TITLE,
  stops:
    'A coding agent that reads keys, tokens and password files of the machine, by a file tool or by any command, or that asks the metadata service of a cloud for credentials. What shows the environment with its secrets waits for a person. Links, other spellings and copies of such a file are the same file.',
  costs:
    'An agent cannot read a .env file of the workspace either; samples of it and files below tests pass. A secret in a file that is named like any other is a file like any other: that is for the detectors and the sandbox. What a tool of an MCP server reads is not seen here. Figures for commands are in docs/shell.md.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      whenSure({
        id: 'deny-credential-files',
        effect: 'deny',
        kinds: ['credential_read', 'metadata_access'],
        reason: 'This reads credentials of the machine.',
      }),
      whenPossible({
        id: 'ask-possible-credentials',
        effect: 'ask',
        kinds: ['credential_read', 'env_leak'],
        reason: 'This may show credentials or the environment.',
      }),
    ],
    casesOf(
      {
        name: 'reading a key is denied',
        call: localCall({
          class: 'credential',
          sure: ['credential_read'],
          input: runs('cat ~/.ssh/id_ed25519'),
        }),
        expect: { decision: 'deny', rules: ['deny-credential-files', 'ask-possible-credentials'] },
      },
      {
        name: 'the metadata service is denied',
        call: localCall({
          kind: 'network.fetch',
          class: 'credential',
          sure: ['metadata_access'],
          input: { url: 'http://169.254.169.254/latest' },
        }),
        expect: { decision: 'deny', rules: ['deny-credential-files'] },
      },
      {
        name: 'printing the environment is asked about',
        call: localCall({ class: 'credential', sure: ['env_leak'], input: runs('env') }),
        expect: { decision: 'ask', rules: ['ask-possible-credentials'] },
      },
      {
        name: 'reading source passes',
        call: localCall({ kind: 'file.read', class: 'read.private', input: { path: 'src/a.ts' } }),
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
