// How fast this machine is just now, in the one thing that every governed call does and no version of Writ changes: one ES256 verification.
import { generateKeyPairSync, sign, verify } from 'node:crypto'

/** What it took, hot, on the machine whose figures the targets in microseconds and records a second come from. */
export const TARGETS_MICROS = 66

const VERIFICATIONS = 1_000

/** @returns CPU time of one ES256 verification of a kilobyte, the key imported before, microseconds */
export function verificationMicros() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const text = Buffer.alloc(1024, 'x')
  const signature = sign('sha256', text, privateKey)
  const before = process.cpuUsage()
  for (let time = 0; time < VERIFICATIONS; time += 1) verify('sha256', text, publicKey, signature)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / VERIFICATIONS
}
