import type { ActionClass } from '@writ/contracts'
import type { Certainty, ShellFact, ShellUse } from '../shell/facts.ts'
import type { LocalFactKind } from './kinds.ts'

export type FoundFact = {
  readonly kind: LocalFactKind
  readonly operand: string
  readonly certainty: Certainty
}

/** What one part of an action was found to do: facts, and what it uses. */
export type Found = { readonly facts: readonly FoundFact[]; readonly uses: readonly ShellUse[] }

export const NOTHING_FOUND: Found = { facts: [], uses: [] }

/** What the reader of one kind of action says of it. */
export type Read = Found & {
  /** the class when no fact and no use says more */
  readonly floor: ActionClass
  /** null: what it touches says it */
  readonly resource: string | null
}

export const factOf = (kind: LocalFactKind, operand: string, certainty: Certainty): FoundFact => ({
  kind,
  operand: operand.replaceAll(LONE_SURROGATE, '\ufffd').slice(0, MAX_OPERAND),
  certainty,
})
const MAX_OPERAND = 512
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

export const localFact = ({ kind, operand, certainty }: ShellFact): FoundFact =>
  factOf(kind, operand, certainty)

export const together = (...parts: readonly Found[]): Found => ({
  facts: parts.flatMap(({ facts }) => facts),
  uses: parts.flatMap(({ uses }) => uses),
})
