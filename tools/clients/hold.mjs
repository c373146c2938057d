// One conversation: an allowed command, then the forbidden one; and what came of it.
import { join } from 'node:path'
import { CLONE } from '../state.mjs'
import { converse } from './room.mjs'
import { REASON } from './scripted-hook.mjs'

const WRIT = join(CLONE, 'apps', 'cli', 'bin', 'writ.mjs')

export const ALLOWED = 'touch ALLOWED.txt'
export const FORBIDDEN = 'touch FORBIDDEN.txt'

/** The words of a `writ` command. */
export const writ = (...words) => [process.execPath, WRIT, ...words]

/** `writ hooks install` inside a room, with this program as hook client. */
export function installing(client, { tier, hook, more = [] }) {
  const managed = tier === 'enforce' ? ['--managed'] : []
  return { argv: writ('hooks', 'install', ...managed, '--client', client, '--hook', hook, ...more) }
}

/**
 * @param {{ client: string, program: string }} which
 * @param {object} more of what a room is told
 * @returns {Promise<{ outcome: 'runs' | 'blocked' | 'hangs' | 'does not start', allowedRan: boolean, reasonReached: boolean, told: object }>}
 */
export async function hold(which, { limitMs = 60_000, ...more } = {}) {
  const steps = more.steps ?? [{ command: ALLOWED }, { command: FORBIDDEN }]
  const told = await converse({ keep: ['{folder}/run/heard.log'], ...which, ...more, steps }, { limitMs })
  for (const step of told.before)
    if (step.code !== 0 && step.code !== null)
      throw new Error(
        `a step before the conversation ended with ${step.code}: ${step.stderr.trim().slice(-500)}`,
      )
  return {
    outcome: outcomeOf(told, steps),
    allowedRan: told.made.includes('ALLOWED.txt'),
    reasonReached: told.turns.some(({ results }) => results.some((text) => text.includes(REASON))),
    told,
  }
}

/** A client that had its say after the forbidden step and made no file was stopped by something. */
function outcomeOf({ made, turns, late }, steps) {
  if (made.includes('FORBIDDEN.txt')) return 'runs'
  if (turns.length === 0) return 'does not start'
  if (turns.length > steps.findIndex(({ command }) => command === FORBIDDEN) + 1) return 'blocked'
  return late ? 'hangs' : 'blocked, and the conversation ends'
}
