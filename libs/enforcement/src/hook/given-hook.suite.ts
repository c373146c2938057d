import type { Understood } from '@writ/actions'
import type {
  AccessTokenClaims,
  ApprovalAnswer,
  ApprovalClaim,
  Bundle,
  Json,
  PolicyDocument,
} from '@writ/contracts'
import { HOOKS_BY_DEFAULT, Refusal } from '@writ/contracts'
import { claimsOf, CONTENT_KEY, currentOf, id, IDS, memorySessions, NOW } from '../given.suite.ts'
import type { Ledger } from '../ports.ts'
import type { SessionStore } from '../session-store.ts'
import type { AnyEntry, Wait } from '../stages.ts'
import { actingAs } from './acting.ts'
import { createHookSteps } from './create-hook-steps.ts'
import { mediateHook } from './mediate-hook.ts'
import type { HookAnswer, HookAsk } from './stages.ts'

export type GivenHook = {
  readonly rules?: PolicyDocument['rules']
  readonly hooks?: Partial<Bundle['hooks']>
  readonly bundle?: Partial<Bundle>
  readonly claims?: Partial<AccessTokenClaims>
  readonly isFresh?: boolean
  readonly moment?: HookAsk['moment']
  readonly action?: Partial<Understood['action']>
  readonly directory?: string
  readonly facts?: readonly string[]
  readonly content?: Json
  readonly server?: string | null
  readonly canAsk?: boolean
  readonly approvals?: readonly (ApprovalAnswer['state'] | null)[]
  readonly sessions?: SessionStore
  readonly identify?: Refusal | Error
  readonly closes?: Refusal
  readonly unkept?: Wait
  readonly held?: HookAsk['held']
}

export type HookHappened = {
  readonly answer: HookAnswer
  readonly entry: AnyEntry
  readonly records: number
  readonly claims: readonly ApprovalClaim[]
  readonly ended: readonly string[]
  readonly bugs: readonly unknown[]
}

/** One local action through the real steps, with small real ports. */
export async function hooked(given: GivenHook): Promise<HookHappened> {
  const seen: { entry?: AnyEntry; records: number } = { records: 0 }
  const claims: ApprovalClaim[] = []
  const ended: string[] = []
  const bugs: unknown[] = []
  const hooks = { ...HOOKS_BY_DEFAULT, ...given.hooks }
  const { rules, isFresh = true } = given
  const current = currentOf({ ...(rules && { rules }), bundle: { hooks, ...given.bundle }, isFresh })
  const steps = createHookSteps({
    identify: async () => {
      if (given.identify instanceof Error) throw given.identify
      return given.identify ?? actingAs(claimsOf(given.claims), current)
    },
    unkept: () => given.unkept ?? null,
    report: (bug) => bugs.push(bug),
    sessions: given.sessions ?? memorySessions(),
    contentKeys: { keyOf: async () => CONTENT_KEY },
    approvals: { claim: async (claim) => answerTo(claim, claims, given.approvals ?? []) },
    sessionEnder: { end: (session) => ended.push(session) },
    nowMs: () => NOW,
    turn: async () => {},
  })
  const ledger: Ledger = {
    open: async () => null,
    close: async (entry) => {
      seen.entry = entry
      seen.records += 1
      return given.closes ?? null
    },
  }
  const answer = await mediateHook(askOf(given), steps, ledger, CLOCK)
  if (!seen.entry) throw new Error('every action leaves a record')
  return { answer, entry: seen.entry, records: seen.records, claims, ended, bugs }
}

const CLOCK = { nowMs: () => NOW, monotonicMicros: () => 0 }

function answerTo(
  claim: ApprovalClaim,
  claims: ApprovalClaim[],
  states: readonly (ApprovalAnswer['state'] | null)[],
): ApprovalAnswer | null {
  const state = states[claims.push(claim) - 1] ?? null
  if (state === null) return null
  return state === 'pending'
    ? { state, id: IDS.approval, expiresAt: new Date(NOW).toISOString() }
    : { state, id: IDS.approval }
}

function askOf(given: GivenHook): HookAsk {
  const { moment = 'before', facts = [], content = { command: 'ls' }, server = null, held } = given
  return {
    decisionId: id('dec'),
    body: new TextEncoder().encode(JSON.stringify(content)),
    atMs: NOW,
    hangUp: new AbortController().signal,
    moment,
    content,
    server,
    canAsk: given.canAsk ?? true,
    ...(held && { held }),
    told: { client: 'claude-code', conversation: 'c-1', toolUse: 'toolu_1', tool: 'Bash' },
    understood: {
      action: {
        method: 'hook/shell',
        tool: 'shell',
        class: 'exec',
        classSource: 'inferred',
        resource: 'shell',
        ...given.action,
      },
      directory: given.directory ?? '/work',
      args: { kind: 'shell', facts: [...facts], sure: [...facts] },
      content,
      facts: facts.map((kind) => ({ kind, operand: '/home/dev/.ssh/id_rsa', certainty: 'sure' as const })),
      hosts: [],
      packages: [],
    },
  }
}
