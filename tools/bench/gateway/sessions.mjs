import { treeOf, residentMegabytes } from './placement.mjs'
import { driveWindow } from './load.mjs'

const BEFORE = 500
const OPENED = 1000
const AT_ONCE = 50

/**
 * What sessions that were opened and left there hold in memory, by how much the process has grown; a process that has done the same work before,
 * so that its growth is theirs.
 */
export async function megabytesPerHundredSessions({ driver }, { platform, lanes }) {
  const { pid } = platform.gateways[0]
  const hop = { url: lanes.full.urls[0], pids: [pid], lane: lanes.full }
  const open = async (count) => {
    for (let opened = 0; opened < count; opened += AT_ONCE)
      await driveWindow(driver, hop, { calls: 0, concurrency: AT_ONCE })
    await new Promise((resolve) => setTimeout(resolve, 500))
    return residentMegabytes(treeOf(pid))
  }
  const before = await open(BEFORE)
  return ((await open(OPENED)) - before) / (OPENED / 100)
}
