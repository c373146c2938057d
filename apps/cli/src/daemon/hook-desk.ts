import { HookClient } from '@writ/contracts'
import type { HookEvent, HookReply, HookVerdict } from '@writ/hooks'
import { isHookFault, readHookEvent, renderVerdict, verdictOfFault } from '@writ/hooks'
import { canaryReason } from '../hooks/canary.ts'
import { verdictOnEgress, verdictOnFault, verdictOnKernel } from './bare-verdict.ts'
import type { EgressAnswer, EgressAsk, KernelRefusal } from './daemon.ts'
import type { HookDeskPorts } from './desk-ports.ts'
import { ALLOWED, denied } from './desk-ports.ts'
import { verdictOnEvent } from './event-verdict.ts'

export type HookDesk = {
  readonly ask: (client: string, payload: Uint8Array, hangUp: AbortSignal) => Promise<HookReply>
  readonly connect: (ask: EgressAsk) => Promise<EgressAnswer>
  readonly refused: (refusal: KernelRefusal) => Promise<string>
}

/** Shorter than any client's patience: a client that waits in vain goes on by itself. */
const DEADLINE_MS = 1500

/** Where every question of a client or of a sandbox is answered, whatever happens. */
export function createHookDesk(ports: HookDeskPorts): HookDesk {
  return {
    ask: async (client, payload, hangUp) => {
      const asks = HookClient.safeParse(client)
      if (!asks.success) return UNKNOWN_CLIENT
      const asked = readHookEvent(asks.data, payload)
      if (isHookFault(asked) && asked.answer === 'ignore')
        return renderVerdict(asked, verdictOfFault(asked, ''))
      const canary = isHookFault(asked) ? null : canaryIn(asked, ports)
      if (canary !== null) return renderVerdict(asked, denied(canary))
      const decide = (signal: AbortSignal) =>
        isHookFault(asked)
          ? verdictOnFault(asked, payload, signal, ports)
          : verdictOnEvent(asked, payload, signal, ports)
      return renderVerdict(asked, enforced(await inTime(decide, hangUp, ports), ports))
    },
    connect: async (asked) => {
      const decide = (signal: AbortSignal) => verdictOnEgress(asked, signal, ports)
      const { outcome, reason, decisionId } = enforced(
        await inTime(decide, asked.hangUp ?? NEVER, ports),
        ports,
      )
      if (asked.refusal !== undefined) return { outcome: 'deny', reason: asked.refusal, decisionId }
      return { outcome: outcome === 'allow' ? 'allow' : 'deny', reason, decisionId }
    },
    refused: async (refusal) => {
      const decide = (signal: AbortSignal) => verdictOnKernel(refusal, signal, ports)
      return (await inTime(decide, NEVER, ports)).decisionId
    },
  }
}

const NEVER = new AbortController().signal

/** Exit 2 with a reason: what every client that we know takes for a deny. */
const UNKNOWN_CLIENT: HookReply = {
  exit: 2,
  stdout: JSON.stringify({ decision: 'block', reason: 'Writ: this client is not known' }),
  stderr: 'Writ: this client is not known\n',
}

/** `writ hooks doctor` asks whether a daemon is behind a hook: that is denied whatever policy says, and leaves no record. */
const canaryIn = ({ moment, actions }: HookEvent, { isObserving }: HookDeskPorts): string | null =>
  moment === 'before' ? canaryReason(actions, isObserving() ? 'observe' : 'enforce') : null

const enforced = (verdict: HookVerdict, { isObserving }: HookDeskPorts): HookVerdict =>
  isObserving() && verdict.outcome !== 'allow' ? { ...ALLOWED, decisionId: verdict.decisionId } : verdict

/** No answer in time is a no, and so is a bug. */
async function inTime(
  decide: (hangUp: AbortSignal) => Promise<HookVerdict>,
  hangUp: AbortSignal,
  { report }: HookDeskPorts,
): Promise<HookVerdict> {
  const late = new AbortController()
  const given = AbortSignal.any([hangUp, late.signal])
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<HookVerdict>((resolve) => {
    timer = setTimeout(() => {
      late.abort()
      resolve(denied('the daemon could not decide in time'))
    }, DEADLINE_MS)
  })
  try {
    return await Promise.race([decide(given), tooLate])
  } catch (error) {
    report('a bug in the daemon', error)
    return denied('the daemon failed to decide')
  } finally {
    clearTimeout(timer)
  }
}
