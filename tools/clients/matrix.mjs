// What real clients make of hooks that misbehave, one conversation for each pair, with the files that `writ hooks install` writes.
import { CLIENTS } from './table.mjs'
import { hold, installing } from './hold.mjs'
import { BEHAVIOURS, hookScript } from './scripted-hook.mjs'

/** Files of the user and files of the organisation where a client tells them apart when a hook fails. */
export const COLUMNS = [
  { client: 'claude-code', version: '2.1.329', tier: 'enforce' },
  { client: 'claude-code', version: '2.1.329', tier: 'observe' },
  { client: 'claude-code', version: '2.1.197', tier: 'observe' },
  { client: 'codex', version: '0.169.0', tier: 'enforce' },
  { client: 'gemini-cli', version: '0.61.0', tier: 'enforce' },
  { client: 'copilot-cli', version: '1.0.102', tier: 'enforce' },
  { client: 'opencode', version: '1.18.33', tier: 'enforce' },
]

export const titleOf = ({ client, version, tier }) =>
  `${CLIENTS[client].title} ${version}, ${tier === 'enforce' ? 'managed' : 'user'}`

/** The cells of one column. A cell whose hook was never heard says so: nothing was proven there. */
export async function measureColumn(column, { program, say, only = () => true }) {
  const cells = []
  for (const [behaviour, lines] of BEHAVIOURS.filter(([name]) => only(name))) {
    const cell = await cellOf(column, { program, lines }).catch((error) => ({
      outcome: 'not run',
      why: error.message,
    }))
    say(`${titleOf(column)}: ${behaviour}: ${cell.outcome}${cell.why ? `: ${cell.why}` : ''}`)
    cells.push({ behaviour, ...cell })
  }
  return { ...column, title: titleOf(column), cells }
}

async function cellOf({ client, version, tier }, { program, lines }) {
  const { outcome, reasonReached, told } = await hold(
    { client, version, program },
    {
      limitMs: 75_000,
      home: { '.hook/writ-hook': { text: hookScript(client, lines ?? (() => [])), mode: 0o755 } },
      before: [
        installing(client, { tier, hook: '{home}/.hook/writ-hook' }),
        ...(lines === null ? [{ argv: ['rm', INSTALLED[tier]] }] : []),
      ],
    },
  )
  const heard = told.kept['{folder}/run/heard.log'] ?? ''
  if (lines !== null && !heard.includes('FORBIDDEN')) return { outcome: 'not run', why: whyNot(told) }
  return { outcome, reasonReached, seconds: Math.round(told.tookMs / 1000) }
}

const INSTALLED = { enforce: '/usr/local/lib/writ/writ-hook', observe: '{home}/.writ/bin/writ-hook' }

const whyNot = ({ code, late, stderr, stdout }) =>
  `the hook was not asked; the client ${late ? 'did not end' : `ended with ${code}`}: ${(stderr.trim() || stdout.trim()).slice(-300)}`
