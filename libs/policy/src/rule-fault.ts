/**
 * Why a rule could not be answered. The text is for admins and records: it names paths and operators, never a value.
 * A fault never lets anything pass: `decide` lets that of an abort, deny, ask or modify rule deny, and that of an allow rule not allow.
 */
export class RuleFault {
  readonly because: string
  constructor(because: string) {
    this.because = because
  }
}

/** What is answered where part of the question is left open on purpose: it may be true, and it may be false. */
export const NOT_KNOWN = new RuleFault('that part of the question is not known')

/** Three-valued answer of a condition; see `condition.ts` for how the third value travels. */
export type Truth = boolean | RuleFault
