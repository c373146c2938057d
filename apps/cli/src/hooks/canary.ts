import type { LocalAction } from '@writ/contracts'

// A canary is an event of which only a daemon of ours knows the answer: it denies this command whatever the policy says, and says the
// nonce and its own mode in the reason. Nobody runs the command, and it would do nothing.

export const canaryCommand = (nonce: string): string => `: writ-canary-${nonce}`

/** What a daemon answers a canary with; null: these actions are none. */
export function canaryReason(actions: readonly LocalAction[], mode: 'observe' | 'enforce'): string | null {
  const [action, ...more] = actions
  if (action?.kind !== 'shell' || more.length > 0) return null
  const nonce = /^: writ-canary-([0-9a-f]{32})$/.exec(action.command)?.[1]
  return nonce === undefined ? null : `writ canary ${nonce}: this daemon is in mode ${mode}`
}

/** The mode that the answer to this very canary tells; null: it is no such answer. */
export function canaryMode(reason: string, nonce: string): 'observe' | 'enforce' | null {
  const told = /writ canary ([0-9a-f]{32}): this daemon is in mode (observe|enforce)\b/.exec(reason)
  if (told?.[1] !== nonce) return null
  return told[2] === 'enforce' ? 'enforce' : 'observe'
}
