import type { BundleAcknowledgement } from '@writ/contracts'
import { ControlPlaneAway } from '../node/control-plane-http.ts'

/** Tells the control plane, in the background, what was done with bundles. The last word on each tenant waits until it was heard. */
export type Acknowledger = {
  readonly acknowledge: (acknowledgement: BundleAcknowledgement) => void
  /** Tries again what was not heard yet. */
  readonly flush: () => Promise<void>
}

export function createAcknowledger(
  send: (acknowledgement: BundleAcknowledgement) => Promise<void>,
  report: (problem: string, error: unknown) => void,
): Acknowledger {
  const pending = new Map<string, BundleAcknowledgement>()
  let flushing: Promise<void> | null = null

  const sendAll = async () => {
    for (const [tenant, acknowledgement] of pending) {
      await send(acknowledgement).catch((error: unknown) => {
        // The tenant is gone: nobody will ever hear it, and the others must not wait for that.
        if (!(error instanceof ControlPlaneAway) || error.status !== 404) throw error
      })
      if (pending.get(tenant) === acknowledgement) pending.delete(tenant)
    }
  }
  const flush = () => {
    flushing ??= sendAll()
      .catch((error: unknown) => report('an acknowledgement was not heard', error))
      .finally(() => (flushing = null))
    return flushing
  }
  return {
    acknowledge: (acknowledgement) => {
      pending.set(acknowledgement.tenant, acknowledgement)
      void flush()
    },
    flush,
  }
}
