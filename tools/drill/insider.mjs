// Somebody with the database, and with keys, alters the past and signs it again: found in every case by what somebody outside has kept (fault drill 16).
import { tamper } from '../tamper/tamper.mjs'

const CASES = 400
const SHORT_CASES = 24

/** Without an older checkpoint, an earlier pack or a witness, who has all keys is not found: that is what these are for. */
export async function run({ say, running, short, seed, cases = short ? SHORT_CASES : CASES }) {
  const only = ['history, with', "signed with the log's key", 'tiles', 'heads and batches']
  const rows = await tamper({ seed, cases, only, say, running, isShort: short })
  return rows.map((row) => ({ ...row, name: row.name.replace('tamper:', 'insider:') }))
}
