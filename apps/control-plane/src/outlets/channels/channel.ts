import type { OutletFailureCode } from '@writ/contracts'
import type { Delivered } from '@writ/outlets'

/** Nothing that a receiver does takes longer than that. Far less than a lease. */
export const SEND_LIMIT_MS = 10_000
/** After so long nothing more is begun of one `send`, so that all of it takes far less than a lease however slow a receiver is. */
export const SEND_BEGIN_MS = 5000

/** Why records were not taken. The detail is ours: nothing that a receiver said stands in it. */
export type Failure = {
  readonly code: OutletFailureCode
  readonly detail: string
  /** the receiver asked for so much time */
  readonly retryAfterMs: number
}

/** @param detail for the tenant's admins */
export const failure = (code: OutletFailureCode, detail: string, retryAfterMs = 0): Failure => ({
  code,
  detail,
  retryAfterMs,
})

/** Whether the receiver was there and did not want it, in contrast to not being there. */
export const isAnswer = ({ code }: Failure): boolean =>
  code === 'refused' || code === 'unavailable' || code === 'partial'

/** How many of the batch, from its beginning, are delivered for good; and what kept the others: null where there was only no time for them. */
export type Sent = { readonly delivered: number; readonly failure: Failure | null }

export const allOf = (batch: readonly unknown[]): Sent => ({ delivered: batch.length, failure: null })

/** A test event: about nothing. */
export type TestEvent = { readonly tenant: string; readonly id: string; readonly atMs: number }

/** The way to one receiver, for as long as one control plane delivers to it. Fails by value; a throw is a bug. */
export interface Channel {
  /** in order; returns when the receiver has them, as far as its protocol can say */
  send(batch: readonly Delivered[]): Promise<Sent>
  test(event: TestEvent): Promise<Failure | null>
  close(): Promise<void>
}
