// The whole way: installed by `writ hooks install`, asked by the real hook client, decided by the real daemon, on record, and verified.
import { buildHookClient } from '../local/hook-client.mjs'
import { hold, installing, writ } from './hold.mjs'
import { REASON } from './scripted-hook.mjs'

export const POLICY = `writ: 1
title: forbidden
rules:
  - id: forbidden
    effect: deny
    on: [outbound]
    when:
      all:
        - { path: channel, op: eq, value: hooks }
        - { path: args.input.command, op: contains, value: FORBIDDEN }
    reason: ${REASON}
  - id: credentials
    effect: deny
    on: [outbound]
    when: { path: args.sure, op: has, value: credential_read }
    reason: Credentials are not for agents.
`

/** What a room needs for a client that a daemon governs. */
export const governedBy = (client, { tier = 'enforce', more = [] } = {}) => ({
  home: { 'policy.yaml': POLICY },
  before: [
    installing(client, { tier, hook: buildHookClient().path, more }),
    {
      argv: writ('daemon', 'start', '--policy', '{home}/policy.yaml'),
      stays: true,
      until: 'hooks are answered',
    },
  ],
})

/** @returns {Promise<{ allowedRan: boolean, forbiddenRan: boolean, reasonReached: boolean, recorded: string[], verified: boolean, doctor: string, reasons: string[] }>} */
export async function govern({ client, version, program }, tier = 'enforce') {
  const evidence = '{folder}/run/evidence.json'
  const { outcome, allowedRan, reasonReached, told } = await hold(
    { client, version, program },
    {
      ...governedBy(client, { tier }),
      after: [
        { argv: writ('hooks', 'doctor', '--client', client, '--json') },
        { argv: writ('daemon', 'export', evidence) },
        { argv: writ('audit', 'verify', evidence) },
      ],
      keep: [evidence],
    },
  )
  const [examined, , verified] = told.after
  const [found] = JSON.parse(examined.stdout).clients
  return {
    allowedRan,
    forbiddenRan: outcome === 'runs',
    reasonReached,
    recorded: outcomesIn(told.kept[evidence]),
    verified: verified.code === 0,
    doctor: found.state,
    reasons: found.reasons,
  }
}

/** What was decided of what the client was about to do, in its order, as the evidence says it. */
function outcomesIn(evidence) {
  return JSON.parse(evidence)
    .records.map(({ bytes }) => JSON.parse(bytes))
    .filter(({ kind, local }) => kind === 'closed' && local?.moment === 'before')
    .map(({ outcome }) => outcome)
}
