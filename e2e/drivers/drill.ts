import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

const CLONE = fileURLToPath(new URL('../..', import.meta.url))
const Report = z.object({
  command: z.literal('drill'),
  results: z.array(
    z.object({
      name: z.string(),
      value: z.number().nullable(),
      holds: z.boolean().nullable(),
      detail: z.string(),
    }),
  ),
})

/** What `npm run drill` says of these drills. */
export async function drill(...args: readonly string[]) {
  const program = join(CLONE, 'tools', 'drill.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, '--json'], {
    cwd: CLONE,
    timeout: 200_000,
    maxBuffer: 16 * 1024 * 1024,
  })
  return Report.parse(JSON.parse(stdout)).results
}
