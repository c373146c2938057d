// Runs a room's own micro-benchmark as a process of its own: it prints one line of JSON.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { join } from 'node:path'
import { CLONE } from '../state.mjs'

export async function childBench(room) {
  const { stdout } = await promisify(execFile)(process.execPath, [join(CLONE, 'libs', ...room)], {
    timeout: 120_000,
  })
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}
