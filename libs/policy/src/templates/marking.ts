import type { Rule } from '@writ/contracts'
import { SIGNALS } from '../detectors/signals.ts'

/*
 * Rules that say nothing but what a session has met. They are `allow` rules on what comes back: there no default is asked, so they let
 * nothing pass that would not have passed, and nobody is bothered with a flag.
 */

export const MARK_UNTRUSTED: Rule = {
  id: 'mark-untrusted',
  effect: 'allow',
  on: ['inbound'],
  when: { path: 'action.class', op: 'eq', value: 'read.untrusted' },
  reason: 'The session has read what strangers may have written.',
  labels: { add: ['untrusted'] },
}

export const MARK_PRIVATE: Rule = {
  id: 'mark-private',
  effect: 'allow',
  on: ['inbound'],
  when: { path: 'action.class', op: 'eq', value: 'read.private' },
  reason: "The session has read the organisation's own records.",
  labels: { add: ['private'] },
}

export const MARK_SECRET: Rule = {
  id: 'mark-secret',
  effect: 'allow',
  on: ['inbound'],
  when: {
    any: [
      { path: 'action.class', op: 'eq', value: 'credential' },
      { path: 'content.signals', op: 'hasAny', value: signalsOf('secret.') },
    ],
  },
  reason: 'The session has seen a secret.',
  labels: { add: ['secret'] },
}

/** Either the class of what was read, or a suspicion of the detectors. */
export const UNTRUSTED_LABELS = ['untrusted', 'untrusted.suspect']

export function signalsOf(family: 'pii.' | 'secret.'): string[] {
  return SIGNALS.filter((signal) => signal.startsWith(family))
}
