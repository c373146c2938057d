import type { ApprovalAnswer, ApprovalClaim } from '@writ/contracts'
import type { ApprovalDesk } from '@writ/enforcement'
import type { ReportProblem } from '../problems.ts'

/** Asks through the control plane. While that is away nobody can be asked, and an `ask` that nobody can answer denies. */
export function createApprovalDesk(
  claimApproval: (claim: ApprovalClaim) => Promise<ApprovalAnswer>,
  report: ReportProblem,
): ApprovalDesk {
  return {
    claim: async (claim) => {
      try {
        return await claimApproval(claim)
      } catch (error) {
        report('an approval could not be asked for', error)
        return null
      }
    },
  }
}
