import { RuleFault } from './rule-fault.ts'

/** What a session has done is not known to be nothing where its state cannot be had. */
export const NO_STATE = new RuleFault("the session's state is not at hand")
