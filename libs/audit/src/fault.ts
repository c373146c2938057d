import type { Fault } from '@writ/contracts'

/** Where a fault was found; what is not known is null. */
export type Place = Pick<Fault, 'stream' | 'seq' | 'leafIndex' | 'decisionId'>

export const NOWHERE: Place = { stream: null, seq: null, leafIndex: null, decisionId: null }

/** One fault; `message` is lower case, without a full stop and without content of the record. */
export const faultAt = (place: Partial<Place>, check: Fault['check'], message: string): Fault => ({
  ...NOWHERE,
  ...place,
  check,
  message,
})

/** Tells a fault from what is returned when there is none. */
export const isFault = (value: object): value is Fault => 'check' in value && 'message' in value
