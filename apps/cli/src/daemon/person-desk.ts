import type { ApprovalAnswer, ApprovalClaim, ApprovalId } from '@writ/contracts'
import type { ApprovalDesk } from '@writ/enforcement'
import { newId } from './moment.ts'

const MOST = 100

type Request = {
  readonly id: ApprovalId
  readonly claim: ApprovalClaim
  readonly untilMs: number
  answer: 'approved' | 'refused' | null
}

/** What waits for the person at this device. */
export type Waiting = {
  readonly id: ApprovalId
  readonly tool: string
  readonly reason: string
  readonly rule: string
  readonly expiresAt: string
}

/** Asks the person at this device, who answers by `writ approve`. In memory: what a restart forgets is asked again. */
export type PersonDesk = ApprovalDesk & {
  readonly waiting: () => readonly Waiting[]
  /** @returns false where nothing of that name waits any more */
  readonly answer: (id: string, yes: boolean) => boolean
}

export function createPersonDesk(nowMs: () => number): PersonDesk {
  const requests = new Map<string, Request>()
  const sweep = (): void => {
    for (const [key, { untilMs }] of requests) if (untilMs <= nowMs()) requests.delete(key)
  }
  return {
    claim: (claim) => {
      sweep()
      const key = keyOf(claim)
      const request = requests.get(key) ?? opened(claim, nowMs())
      if (!requests.has(key) && requests.size >= MOST) return Promise.resolve(null)
      requests.set(key, request)
      // An approval is for one try.
      if (request.answer === 'approved') requests.delete(key)
      return Promise.resolve(answerOf(request))
    },
    waiting: () => {
      sweep()
      return [...requests.values()].filter(({ answer }) => answer === null).map(waitingOf)
    },
    answer: (id, yes) => {
      sweep()
      const request = [...requests.values()].find((one) => one.id === id && one.answer === null)
      if (request) request.answer = yes ? 'approved' : 'refused'
      return request !== undefined
    },
  }
}

/** The same action of the same caller under the same bundle finds its request again. */
const keyOf = ({ session, agent, human, tool, argsSha256, bundle }: ApprovalClaim): string =>
  JSON.stringify([session, agent, human, tool, argsSha256, bundle.sha256])

const opened = (claim: ApprovalClaim, nowMs: number): Request => ({
  id: newId('apr'),
  claim,
  untilMs: nowMs + claim.ttlSeconds * 1000,
  answer: null,
})

function answerOf({ id, answer, untilMs }: Request): ApprovalAnswer {
  if (answer !== null) return { state: answer, id }
  return { state: 'pending', id, expiresAt: new Date(untilMs).toISOString() }
}

const waitingOf = ({ id, claim, untilMs }: Request): Waiting => ({
  id,
  tool: claim.tool,
  reason: claim.match.reason,
  rule: claim.match.rule,
  expiresAt: new Date(untilMs).toISOString(),
})
