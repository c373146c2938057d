// What a hook adds to one action inside the real Claude Code, where `npm run clients` has fetched it.
import { roomProblem } from '../../clients/room.mjs'
import { isFetched } from '../../clients/fetch.mjs'
import { measureAdded, TIMED } from '../../clients/timing.mjs'

export async function insideClaude({ say }) {
  const problem = isFetched(TIMED.client, TIMED.version)
    ? roomProblem()
    : 'Claude Code is not in the cache: `npm run clients -- claude-code` fetches it'
  if (problem !== null) return [resultOf('the hook client', { value: null, detail: `not run: ${problem}` })]
  say('measuring hooks inside Claude Code …')
  const { bare, native, node, actions } = await measureAdded()
  const detail = `median of ${actions} actions, a hook before and one after each; ${bare.toFixed(0)} ms without hooks`
  return [resultOf('the hook client', { value: native - bare, detail, peerValue: node - bare })]
}

const resultOf = (what, { value, detail, peerValue }) => ({
  name: 'hooks.inside-claude-code',
  value,
  unit: 'ms',
  target: '',
  holds: null,
  ...(peerValue !== undefined && {
    peer: 'the same in node',
    peerValue,
    ratio: peerValue / value,
  }),
  detail: `${what}: ${detail}`,
})
