// Sockets of a server, as the kernel counts them.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const ESTABLISHED = '01'

/** What the kernel has taken and the server has not yet turned away is not held; it is gone in one of these looks. */
const LOOKS = 5
const BETWEEN_LOOKS_MS = 60

/**
 * How many sockets each of these addresses holds open to a server: the most of them. Null where the system does not tell.
 * @param settledMs time for the server to accept, and to turn away, what was opened
 */
export async function mostSocketsOfOne(url, addresses, settledMs) {
  await sleep(settledMs)
  const seen = []
  for (let look = 0; look < LOOKS; look += 1) {
    const most = mostNow(url, addresses)
    if (most === null) return null
    seen.push(most)
    await sleep(BETWEEN_LOOKS_MS)
  }
  return Math.min(...seen)
}

function mostNow(url, addresses) {
  const lines = linesOfTable()
  if (lines === null) return null
  const local = portInTable(Number(new URL(url).port))
  const open = lines.filter(([, at, , state]) => state === ESTABLISHED && at.endsWith(`:${local}`))
  return Math.max(
    ...addresses.map(
      (address) => open.filter(([, , from]) => from.startsWith(`${inTable(address)}:`)).length,
    ),
  )
}

function linesOfTable() {
  try {
    return readFileSync('/proc/net/tcp', 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
  } catch {
    return null
  }
}

const portInTable = (port) => port.toString(16).toUpperCase().padStart(4, '0')

/** The octets from last to first. */
const inTable = (address) =>
  address
    .split('.')
    .map((octet) => Number(octet).toString(16).toUpperCase().padStart(2, '0'))
    .toReversed()
    .join('')
