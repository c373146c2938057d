import type { PolicyDocument, PolicyTest, Rule } from '@writ/contracts'
import { PolicyTest as PolicyTestSchema } from '@writ/contracts'

/** A starter policy; a tenant gets a copy that is its own from then on. */
export type PolicyTemplate = {
  readonly name: string
  readonly title: string
  /** what it is there to stop, in a paragraph for the person who decides whether to attach it */
  readonly stops: string
  /** what it costs those who work under it, and what it does not see */
  readonly costs: string
  readonly document: PolicyDocument
  /** a new tenant's default group starts with a copy of it */
  readonly attachedByDefault: boolean
}

/** Cases as an author writes them: what is left out is filled in as for any other policy. */
export const casesOf = (...cases: readonly unknown[]): PolicyTest[] =>
  cases.map((one) => PolicyTestSchema.parse(one))

export const documentOf = (
  title: string,
  rules: readonly Rule[],
  tests: readonly PolicyTest[],
): PolicyDocument => ({ writ: 1, title, mode: 'enforce', rules: [...rules], tests: [...tests] })
