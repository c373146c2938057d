import { hash } from 'node:crypto'
import { RosterPart } from '@writ/contracts'
import type { Bundle } from '@writ/contracts'
import { BundleFault } from './bundle-fault.ts'

/** How many parts a roster is made of: an edit of one human writes, sends and reads one of them. */
export const ROSTER_PARTS = 128

/** The largest part, in bytes. */
export const MAX_PART_BYTES = 1024 * 1024

/** In which of so many parts an agent or a human stands: the first byte of SHA-256 of the id, modulo. @param parts at most 256 */
export const rosterPlace = (id: string, parts: number): number =>
  Number.parseInt(hash('sha256', id, 'hex').slice(0, 2), 16) % parts

/** Opens a part. @param sha256 the name that a signed bundle gives it: no other bytes are taken, whoever offers them */
export function openRosterPart(text: string, sha256: string): RosterPart | BundleFault {
  const bytes = Buffer.from(text)
  if (bytes.length > MAX_PART_BYTES)
    return new BundleFault('too_large', 'a part of the roster is larger than 1 MiB')
  if (hash('sha256', bytes, 'hex') !== sha256)
    return new BundleFault('forked', 'a part of the roster is not the one that the bundle names')
  try {
    return RosterPart.parse(JSON.parse(text))
  } catch {
    return new BundleFault('malformed', 'a part of the roster is malformed')
  }
}

/** The bundle with everybody in its two lists. @param parts those that it names, opened */
export const withRoster = (bundle: Bundle, parts: readonly RosterPart[]): Bundle => ({
  ...bundle,
  agents: [...bundle.agents, ...parts.flatMap(({ agents }) => agents)],
  humans: [...bundle.humans, ...parts.flatMap(({ humans }) => humans)],
})
