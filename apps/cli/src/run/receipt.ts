import type { SeenEgress } from '@writ/sandbox'

/** What one run did, as far as it went over the proxy or a hook. */
export type Receipt = {
  readonly command: readonly string[]
  readonly profile: string
  readonly confinement: string
  readonly mode: string
  readonly exitCode: number
  readonly durationMs: number
  readonly hosts: readonly HostLine[]
  readonly actions: readonly ActionLine[]
  readonly denied: readonly { readonly what: string; readonly reason: string; readonly decisionId: string }[]
  /** what the kernel refused, without policy; null: it could not be told of here */
  readonly refused: readonly RefusedLine[] | null
  /** secrets of the workspace that were covered */
  readonly hidden: readonly string[]
  /** repositories that came up in the workspace: their hooks were not held */
  readonly newRepositories: readonly string[]
  readonly records: string
  readonly verify: string
}
type HostLine = { readonly host: string; readonly allowed: number; readonly denied: number }
/** One decision on an action that a client's hook told of. */
export type ActionLine = {
  readonly what: string
  readonly outcome: string
  readonly reason: string
  readonly decisionId: string
}

/** One thing that was tried past proxy and hooks. `decisionId` is empty where it could not be recorded. */
export type RefusedLine = {
  readonly what: string
  readonly reason: string
  readonly times: number
  readonly decisionId: string
}

export function hostLines(seen: readonly SeenEgress[]): readonly HostLine[] {
  const lines = new Map<string, { host: string; allowed: number; denied: number }>()
  for (const { host, port, outcome } of seen) {
    const name = `${host}:${port}`
    const line = lines.get(name) ?? { host: name, allowed: 0, denied: 0 }
    if (outcome === 'allow') line.allowed += 1
    else line.denied += 1
    lines.set(name, line)
  }
  return [...lines.values()]
}

export const deniedLines = (
  seen: readonly SeenEgress[],
  actions: readonly ActionLine[],
): Receipt['denied'] => [
  ...actions
    .filter(({ outcome }) => outcome !== 'allow')
    .map(({ what, reason, decisionId }) => ({ what, reason, decisionId })),
  ...seen
    .filter(({ outcome }) => outcome !== 'allow')
    .map(({ host, port, verb, path, reason, decisionId }) => ({
      what: `${verb ?? 'connect'} ${host}:${port}${path ?? ''}`,
      reason,
      decisionId,
    })),
]

const MOST_LINES = 12

export function receiptText(receipt: Receipt): string {
  const { actions, denied, hidden, hosts, newRepositories } = receipt
  const hostText = hosts.map(
    ({ host, allowed, denied: no }) => `${host} (${allowed} allowed${no > 0 ? `, ${no} denied` : ''})`,
  )
  return [
    `writ: ${receipt.command[0] ?? ''} ended with ${receipt.exitCode} after ${(receipt.durationMs / 1000).toFixed(1)} s · ${receipt.profile} · ${receipt.confinement} · ${receipt.mode}`,
    `  actions   ${actions.length} told by hooks, ${actions.filter(({ outcome }) => outcome !== 'allow').length} not allowed`,
    ...listed('hosts', hostText),
    ...listed(
      'denied',
      denied.map(({ what, reason, decisionId }) => `${what}: ${reason} (${decisionId})`),
    ),
    ...listed('refused', refusedTexts(receipt.refused)),
    ...listed('covered', hidden),
    ...listed(
      'look at',
      newRepositories.map((path) => `${path} is new: its hooks and settings were not held`),
    ),
    `  records   ${receipt.records}`,
    `  verify    ${receipt.verify}`,
  ].join('\n')
}

const refusedTexts = (refused: Receipt['refused']): readonly string[] =>
  refused === null
    ? ['what the kernel refuses is not recorded here: it cannot be told of']
    : refused.map(
        ({ what, reason, times, decisionId }) =>
          `${what}${times > 1 ? ` (${times} times)` : ''}: ${reason} (${decisionId || 'not recorded'})`,
      )

const listed = (name: string, lines: readonly string[]): readonly string[] => {
  const shown = lines.slice(0, MOST_LINES).map((line, at) => `  ${(at === 0 ? name : '').padEnd(10)}${line}`)
  return lines.length > MOST_LINES ? [...shown, `            … and ${lines.length - MOST_LINES} more`] : shown
}
