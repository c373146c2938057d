import type { HookClient, JsonObject } from '@writ/contracts'
import { DIALECTS } from './dialects.ts'
import type { HookEvent, HookFault, HookReply, HookVerdict } from './event.ts'
import type { AnswerForm, Told } from './forms.ts'
import { denialOf } from './fallback.ts'
import { reasonText, withApproval } from './wording.ts'

/** What was asked: an event, or as much of it as could be read. */
export type Asked = HookEvent | HookFault | { readonly client: HookClient; readonly name: string | null }

/**
 * A verdict in the dialect of the client that asked.
 * A deny is exit code 2, a reason on stderr and a deny with that reason on stdout, all three: each client that we know takes at least one
 * of them for a deny, and none takes them together for anything else.
 */
export function renderVerdict(asked: Asked, verdict: HookVerdict): HookReply {
  const form = formOf(asked)
  const told = toldOf(asked)
  if (form === null) return verdict.outcome === 'allow' ? passes({}) : deniedBlindly(asked.client, verdict)
  if (verdict.outcome === 'deny') return denied(form, told, verdict)
  if (verdict.outcome === 'ask') return asks(asked, form, verdict)
  if (verdict.modified === null) return passes(form.allow)
  return isPlainText(asked) ? denied(form, told, cannotModify(verdict)) : modified(form, told, verdict)
}

/** Whether the client puts an `ask` of this event to the person before it; where it does not, an approval is what a person can give. */
export function canAsk(asked: Asked): boolean {
  return formOf(asked)?.ask != null && !('headless' in asked && asked.headless)
}

/** The verdict on a payload that is no event. */
export function verdictOfFault(fault: HookFault, decisionId: string): HookVerdict {
  const outcome = fault.answer === 'deny' ? 'deny' : 'allow'
  return { outcome, reason: fault.detail, decisionId, approval: null, modified: null }
}

function formOf({ client, name }: Asked): AnswerForm | null {
  const events = DIALECTS[client]?.events
  return events !== undefined && name !== null && Object.hasOwn(events, name)
    ? (events[name]?.answers ?? null)
    : null
}

function toldOf(asked: Asked): Told {
  const name = asked.name ?? ''
  return 'input' in asked
    ? { name, tool: asked.tool, input: asked.input, result: asked.result }
    : { name, tool: null, input: {}, result: null }
}

const passes = (says: JsonObject): HookReply => ({ exit: 0, stdout: JSON.stringify(says), stderr: '' })

function denied(form: AnswerForm, told: Told, verdict: HookVerdict): HookReply {
  const reason = textOf(verdict)
  return { exit: form.denyExit, stdout: JSON.stringify(form.deny(reason, told)), stderr: `${reason}\n` }
}

function asks(asked: Asked, form: AnswerForm, verdict: HookVerdict): HookReply {
  const told = toldOf(asked)
  return form.ask === null || !canAsk(asked)
    ? denied(form, told, verdict)
    : passes(form.ask(textOf(verdict), told))
}

/** What cannot be changed in this client does not go through unchanged. */
function modified(form: AnswerForm, told: Told, verdict: HookVerdict): HookReply {
  const says = verdict.modified === null ? null : (form.modify?.say(verdict.modified, told) ?? null)
  return says === null ? denied(form, told, cannotModify(verdict)) : passes(says)
}

const isPlainText = (asked: Asked): boolean =>
  'inputIsText' in asked && asked.inputIsText && asked.moment === 'before'

const cannotModify = (verdict: HookVerdict): HookVerdict => ({
  ...verdict,
  reason: verdict.reason || 'policy changes this action, and this client cannot take the change',
})

/** Neither event nor form is known: what every event of the client takes for a deny. */
function deniedBlindly(client: HookClient, verdict: HookVerdict): HookReply {
  const reason = textOf(verdict)
  return { exit: 2, stdout: JSON.stringify(denialOf(client, reason)), stderr: `${reason}\n` }
}

const textOf = (verdict: HookVerdict): string =>
  withApproval(
    reasonText(
      verdict.reason,
      verdict.decisionId,
      verdict.outcome === 'ask' ? 'policy asks a person first' : 'denied by policy',
    ),
    verdict.approval,
  )
