import { claimFolder, ClaimError } from '@writ/point'
import type { Claim } from '@writ/point'
import { ConfigError } from '@writ/runtime'

/**
 * The state directory for this gateway alone, before anything in it is read: two on one directory would each take the other's files for what
 * an earlier start left, and remove them.
 * @throws ConfigError where another process has it
 */
export async function claimState(stateDir: string): Promise<Claim> {
  try {
    return await claimFolder(stateDir)
  } catch (error) {
    if (!(error instanceof ClaimError)) throw error
    throw new ConfigError([`WRIT_GATEWAY_STATE_DIR: ${error.message}`])
  }
}
