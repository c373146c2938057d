import type { ApprovalAnswer, ApprovalClaim } from '@writ/contracts'
import type { ApprovalDesk } from '@writ/enforcement'
import type { ReportProblem } from '../problems.ts'

/** Asks through the control plane. While that is away nobody can be asked, and an `ask` that nobody can answer denies. */
export function createApprovalDesk(
  claimApproval: (claim: ApprovalClaim, hangUp: AbortSignal) => Promise<ApprovalAnswer>,
  report: ReportProblem,
): ApprovalDesk {
  return {
    claim: async (claim, hangUp) => {
      try {
        return await claimApproval(claim, hangUp)
      } catch (error) {
        if (!hangUp.aborted) report('an approval could not be asked for', error)
        return null
      }
    },
  }
}
