// What a hook adds to one action inside the real Claude Code: the time between what the model said and its next request.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildHookClient } from '../local/hook-client.mjs'
import { fetchClient } from './fetch.mjs'
import { POLICY } from './governed.mjs'
import { hold, installing, writ } from './hold.mjs'

export const TIMED = { client: 'claude-code', version: '2.1.329' }
const ACTIONS = 25

/**
 * Medians in milliseconds, for `npm run bench -- hooks` too. Each action fires two hooks: before it, and after it.
 * @returns {Promise<{ bare: number, native: number, node: number, actions: number }>}
 */
export async function measureAdded() {
  const program = fetchClient(TIMED.client, TIMED.version)
  const folder = mkdtempSync(join(tmpdir(), 'writ-hook-'))
  try {
    const node = buildHookClient({ dir: folder, kind: 'node' }).path
    return {
      bare: await gapWith(program, null),
      native: await gapWith(program, buildHookClient().path),
      node: await gapWith(program, node),
      actions: ACTIONS,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function gapWith(program, hook) {
  const steps = Array.from({ length: ACTIONS }, (_, at) => ({ command: `echo ${at}` }))
  const { told } = await hold(
    { ...TIMED, program },
    {
      steps,
      limitMs: 120_000,
      home: { 'policy.yaml': POLICY },
      before:
        hook === null
          ? []
          : [
              installing(TIMED.client, { tier: 'enforce', hook }),
              {
                argv: writ('daemon', 'start', '--policy', '{home}/policy.yaml'),
                stays: true,
                until: 'hooks are answered',
              },
            ],
    },
  )
  if (told.turns.length <= ACTIONS) throw new Error(`only ${told.turns.length} turns were held`)
  const gaps = told.turns.slice(1).map(({ askedAtMs }, at) => askedAtMs - told.turns[at].answeredAtMs)
  return gaps.toSorted((one, other) => one - other)[Math.floor(gaps.length / 2)]
}
