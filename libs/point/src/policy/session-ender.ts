import type { SessionEnd, SessionId } from '@writ/contracts'
import type { SessionEnder } from '@writ/enforcement'
import { ControlPlaneAway } from '../node/control-plane-http.ts'
import { pause } from '../pause.ts'
import type { ReportProblem } from '../problems.ts'

export type SessionEnderPorts = {
  readonly endSession: (session: SessionId, said: SessionEnd) => Promise<void>
  readonly report: ReportProblem
}

/** Tells the control plane about sessions that policy aborted, until it has taken it. */
export function createSessionEnder({ endSession, report }: SessionEnderPorts): SessionEnder & {
  readonly run: (signal: AbortSignal) => Promise<void>
} {
  const waiting = new Map<SessionId, SessionEnd>()
  const tell = async (session: SessionId, said: SessionEnd): Promise<void> => {
    try {
      await endSession(session, said)
      waiting.delete(session)
    } catch (error) {
      // What is not there cannot be ended: asking for ever would only fill the list.
      if (error instanceof ControlPlaneAway && error.status === 404) waiting.delete(session)
      report('an aborted session could not be ended at the control plane yet', error)
    }
  }
  return {
    end: (session, said) => {
      waiting.set(session, said)
      void tell(session, said)
    },
    run: async (signal) => {
      for (; !signal.aborted; await pause(AGAIN_MS, signal))
        for (const [session, said] of waiting) await tell(session, said)
    },
  }
}

const AGAIN_MS = 2000
