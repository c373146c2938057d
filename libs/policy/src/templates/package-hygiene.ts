import { localCall, runs, whenPossible, whenSure } from './local-actions.ts'
import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'Packages are looked at before they are installed'

export const PACKAGE_HYGIENE: PolicyTemplate = {
  name: 'package-hygiene',
  title: TITLE,
  stops:
    'Packages that public reports call malicious or the tenant does not want, packages from elsewhere than the registry of their ecosystem (other registries, repositories, archives), and lock files that name another source or other bytes for the same version: denied. A new package, a name that is confusable with a well-known one, a version younger than the cool-down, and a script that runs with the installation wait for a person.',
  costs:
    "Every new direct dependency is a question, unless the tenant's list allows it; an installation by lock file is none. Only what a command or a manifest names is seen: what a package brings with it needs the proxy of the sandbox. Confusable names are a guess that is sometimes wrong; the age of a version is known only where the proxy has seen it.",
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      whenSure({
        id: 'deny-bad-packages',
        effect: 'deny',
        kinds: [
          'package_install',
          'package_malicious',
          'package_denied',
          'package_source',
          'lockfile_changed_source',
        ],
        reason: 'This package, or the place that it comes from, is not to be trusted.',
      }),
      whenPossible({
        id: 'ask-new-packages',
        effect: 'ask',
        kinds: [
          'package_install',
          'package_typosquat',
          'package_young',
          'package_source',
          'lockfile_changed_source',
          'install_script',
        ],
        reason: 'This would bring in a package, or something that runs with it.',
      }),
    ],
    casesOf(
      {
        name: 'a malicious package is denied',
        call: localCall({
          class: 'exec',
          sure: ['package_malicious'],
          possible: ['package_install'],
          input: runs('npm i crossenv'),
        }),
        expect: { decision: 'deny', rules: ['deny-bad-packages', 'ask-new-packages'] },
      },
      {
        name: 'another registry is denied',
        call: localCall({
          class: 'exec',
          sure: ['package_install'],
          input: runs('npm i a --registry https://x.example'),
        }),
        expect: { decision: 'deny', rules: ['deny-bad-packages', 'ask-new-packages'] },
      },
      {
        name: 'a lock file with another source is denied',
        call: localCall({
          kind: 'file.write',
          class: 'exec',
          sure: ['lockfile_changed_source'],
          possible: ['package_install'],
          input: { path: 'package-lock.json' },
        }),
        expect: { decision: 'deny', rules: ['deny-bad-packages', 'ask-new-packages'] },
      },
      {
        name: 'a new package is asked about',
        call: localCall({ class: 'exec', possible: ['package_install'], input: runs('npm i left-pad') }),
        expect: { decision: 'ask', rules: ['ask-new-packages'] },
      },
      {
        name: 'a young version is asked about',
        call: localCall({ class: 'exec', sure: ['package_young'], input: runs('npm i left-pad@2') }),
        expect: { decision: 'ask', rules: ['ask-new-packages'] },
      },
      {
        name: 'installing by lock file passes',
        call: localCall({ class: 'exec', input: runs('npm ci') }),
        expect: { decision: 'allow', rules: [] },
      },
    ),
  ),
}
