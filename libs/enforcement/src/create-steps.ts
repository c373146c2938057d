import { isRefusal } from '@writ/contracts'
import type { RefusalCode } from '@writ/contracts'
import type { MessageLimits } from '@writ/mcp'
import type { Steps } from './mediate.ts'
import type { CredentialBroker, UpstreamClient } from './ports.ts'
import type { Entry } from './stages.ts'
import { decide } from './steps/decide.ts'
import type { DecidePorts } from './steps/decide.ts'
import type { JudgePorts } from './steps/judge.ts'
import { judge } from './steps/judge.ts'
import { read } from './steps/read.ts'
import type { ReadPorts } from './steps/read.ts'
import { refuse } from './steps/refuse.ts'
import { settle } from './steps/settle.ts'
import type { VerifyPorts } from './steps/verify.ts'
import { verify } from './steps/verify.ts'

export type StepPorts = VerifyPorts &
  ReadPorts &
  DecidePorts &
  Pick<JudgePorts, 'pause'> & {
    readonly broker: CredentialBroker
    readonly upstream: UpstreamClient
    readonly scrubberOf: JudgePorts['scrubberOf']
    /** limits of a message that an upstream sends */
    readonly answerLimits: MessageLimits
    readonly report: (bug: unknown, entry: Entry) => void
  }

/** The upstream client itself said no: nothing went out. */
const NEVER_SENT: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'upstream_broken',
  'upstream_busy',
  // as many calls and streams of this agent as there may be
  'rate_limited',
  'upstream_forbidden',
  // of another caller, or of a session that has ended
  'session_unknown',
  'state_unknown',
  'task_unknown',
  // what was lent is for another upstream
  'credential_unavailable',
])

/** Binds the core rooms to the steps of `mediate`. */
export function createSteps(ports: StepPorts): Steps {
  const judging: JudgePorts = { ...ports, limits: ports.answerLimits }
  return {
    verify: (entry) => verify(entry, ports),
    read: (verified, entry) => read(verified, entry, ports),
    decide: (asked, entry) => decide(asked, entry, ports),
    settle,
    inject: async (allowed, entry) => {
      const lease = await ports.broker.lease(allowed)
      if ('kind' in lease) entry.lease = lease
      return lease
    },
    forward: async (allowed, lease, entry) => {
      entry.sent = true
      const answer = await ports.upstream.forward(allowed, lease)
      if (isRefusal(answer) && NEVER_SENT.has(answer.code)) delete entry.sent
      return answer
    },
    judge: (answer, allowed, entry) => judge(answer, allowed, entry, judging),
    refuse: (refusal, entry) => refuse(refusal, entry, ports),
    report: ports.report,
  }
}
