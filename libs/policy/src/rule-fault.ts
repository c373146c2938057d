/**
 * Why a rule could not be answered. The text is for admins and records: it names paths and operators, never a value.
 * The default is allow, so `decide` lets a fault of a deny, ask or modify rule deny.
 */
export class RuleFault {
  readonly because: string
  constructor(because: string) {
    this.because = because
  }
}

/** Three-valued answer of a condition; see `condition.ts` for how the third value travels. */
export type Truth = boolean | RuleFault
