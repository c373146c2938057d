export type SpoolLimits = {
  /** all segments together, in bytes */
  readonly maxBytes: number
  /** the last part of `maxBytes`, kept for records that close what was opened; on the disk it is taken beforehand */
  readonly reserveBytes: number
  readonly segmentBytes: number
  /** records that wait to be shipped are kept in memory up to this; beyond it they are read again from disk */
  readonly heldBytes: number
  /** confirmed segments stay so long at least, and until they are archived, where there is room; null: they go at once */
  readonly keptMs: number | null
  readonly nowMs: () => number
}

const MIB = 1024 * 1024

/** Limits that fit one bound. */
export const spoolLimits = (maxBytes: number, keptMs: number | null = null): SpoolLimits => ({
  maxBytes,
  reserveBytes: Math.min(64 * MIB, Math.floor(maxBytes / 8)),
  segmentBytes: Math.min(16 * MIB, Math.floor(maxBytes / 8)),
  heldBytes: Math.min(32 * MIB, Math.floor(maxBytes / 8)),
  keptMs,
  nowMs: Date.now,
})

/**
 * How full a spool is of records that the ledger has not confirmed: `warn` from 70 % on, `shed` from 85 % on: tenants that took that upon
 * themselves lose records, which are counted. `full`: nothing begins.
 */
export type Pressure = 'none' | 'warn' | 'shed' | 'full'

export const WARN_SHARE = 0.7
export const SHED_SHARE = 0.85
/** what was shed is shed until the spool is this empty again */
export const CALM_SHARE = 0.8

export function pressureOf(usedBytes: number, boundBytes: number, frameBytes: number): Pressure {
  if (usedBytes + frameBytes > boundBytes) return 'full'
  const share = usedBytes / boundBytes
  if (share >= SHED_SHARE) return 'shed'
  return share >= WARN_SHARE ? 'warn' : 'none'
}
