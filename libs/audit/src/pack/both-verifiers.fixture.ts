import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from '@jest/globals'
import type { PackVerification } from '../../verify/verify.mjs'
import { verifyFile } from '../../verify/verify.mjs'

export const VERIFY_PY = fileURLToPath(new URL('../../../../tools/verify.py', import.meta.url))
export const hasPython = spawnSync('python3', ['--version']).status === 0

/** What both verifiers say of a pack at a path; where they differ that is an error. */
export async function bothSay(path: string): Promise<PackVerification> {
  const result = await verifyFile(path)
  if (hasPython) expect(python(path, '--json')).toBe(JSON.stringify(result))
  return result
}

/** What the verifier in Python prints. */
export function python(path: string, ...words: readonly string[]): string {
  const { stdout, stderr } = spawnSync('python3', ['-B', VERIFY_PY, path, ...words], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  expect(stderr).toBe('')
  return stdout.trimEnd()
}

/** Times the processor time of looking at each byte once, on whatever machine. Without their bounds verifiers took minutes. */
export const MOST_PASSES = 20

export function onePassMicros(bytes: Buffer): number {
  const begun = process.cpuUsage()
  let depth = 0
  for (const byte of bytes) depth += byte === 0x5b ? 1 : -1
  expect(depth).not.toBe(0)
  return process.cpuUsage(begun).user
}
