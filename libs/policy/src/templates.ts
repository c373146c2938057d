import type { PolicyDocument } from '@writ/contracts'
import { SIGNALS } from './detectors/signals.ts'

/** A starter policy; a tenant gets a copy that it may change. */
export type PolicyTemplate = {
  readonly name: 'personal-data' | 'prompt-injection'
  readonly title: string
  readonly document: PolicyDocument
}

/**
 * Personal data is rewritten outbound only: that is where it leaves the tenant. What a tool answers was fetched for this very caller;
 * rewriting it would break what agents do most (read a record, change it, write it back), and a tenant that wants it adds `inbound`.
 */
const PERSONAL_DATA: PolicyDocument = {
  writ: 1,
  mode: 'enforce',
  rules: [
    {
      id: 'redact-personal-data',
      effect: 'modify',
      on: ['outbound'],
      when: {
        path: 'content.signals',
        op: 'hasAny',
        value: SIGNALS.filter((signal) => signal.startsWith('pii.')),
      },
      reason: 'Personal data does not leave in tool arguments.',
      modify: { 'pii.*': 'replace', 'pii.card': 'mask', 'pii.iban': 'mask' },
    },
  ],
}

/** Denies on signals that ordinary text does not carry, and only marks the weaker ones for review. */
const PROMPT_INJECTION: PolicyDocument = {
  writ: 1,
  mode: 'enforce',
  rules: [
    {
      id: 'deny-injection',
      effect: 'deny',
      on: ['outbound', 'inbound'],
      when: { path: 'content.signals', op: 'hasAny', value: ['inj.override', 'inj.exfil', 'hidden.tags'] },
      reason: 'The content carries instructions aimed at the agent.',
    },
    {
      id: 'flag-suspected-injection',
      effect: 'flag',
      on: ['outbound', 'inbound'],
      when: {
        path: 'content.signals',
        op: 'hasAny',
        value: ['inj.suspect', 'inj.role', 'hidden.zero_width', 'hidden.bidi'],
      },
      reason: 'The content may carry instructions aimed at the agent.',
    },
  ],
}

export const TEMPLATES: readonly PolicyTemplate[] = [
  { name: 'personal-data', title: 'Personal data stays inside', document: PERSONAL_DATA },
  { name: 'prompt-injection', title: 'Injected instructions are stopped', document: PROMPT_INJECTION },
]
