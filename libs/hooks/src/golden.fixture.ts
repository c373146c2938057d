import type { HookClient, JsonObject } from '@writ/contracts'
import type { HookEvent, HookFault, HookReply, HookVerdict } from './event.ts'
import { readHookEvent } from './read.ts'
import { renderVerdict } from './render.ts'

const DECISION = 'dec_01JD0000000000000000000000'
const REASON = 'rule "no-touch" of policy "workstation" forbids it'

/** One verdict of every kind. */
export const VERDICTS = {
  allow: { outcome: 'allow', reason: '', decisionId: DECISION, approval: null, modified: null },
  deny: { outcome: 'deny', reason: REASON, decisionId: DECISION, approval: null, modified: null },
  ask: {
    outcome: 'ask',
    reason: 'installs a package',
    decisionId: DECISION,
    approval: 'apr_01JD0000000000000000000001',
    modified: null,
  },
  modified: {
    outcome: 'allow',
    reason: '',
    decisionId: DECISION,
    approval: null,
    modified: { command: 'true', description: 'in place of it' },
  },
} as const satisfies Record<string, HookVerdict>

export type Answers = {
  readonly reads: HookEvent | HookFault
  readonly answers: Readonly<Record<keyof typeof VERDICTS, HookReply>>
}

/** What is read of a payload, and how each verdict on it is said. */
export function answersTo(client: HookClient, payload: JsonObject): Answers {
  const reads = readHookEvent(client, bytesOf(payload))
  return {
    reads,
    answers: {
      allow: renderVerdict(reads, VERDICTS.allow),
      deny: renderVerdict(reads, VERDICTS.deny),
      ask: renderVerdict(reads, VERDICTS.ask),
      modified: renderVerdict(reads, VERDICTS.modified),
    },
  }
}

export const bytesOf = (payload: unknown): Uint8Array =>
  new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload))
