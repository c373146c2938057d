import { BROKEN } from './term.ts'
import type { Term } from './term.ts'
import { choose, FAULT } from './truth.ts'
import type { Truth } from './truth.ts'

/** Expressions of Cedar's JSON form (docs.cedarpolicy.com/policies/json-format.html#json-expr): one member, named by the operator. */
export type Expression = { readonly [operator: string]: unknown }

export type Refused = { readonly expression: Expression; readonly reason: string }

/** How often an `if` that yields a value may be moved outwards. */
const MOST_CHOICES = 512

/** One policy on its way: what was refused so far, and where the walk stands. */
export class Lowering {
  readonly refused: Refused[] = []
  #at: Expression = {}
  #choices = 0

  at(expression: Expression): void {
    this.#at = expression
  }

  /** Notes why there is no exact form, and yields a term that goes with everything. */
  refuse(reason: string): Term {
    this.refused.push({ expression: this.#at, reason })
    return BROKEN
  }

  refuseTruth(reason: string): Truth {
    this.refuse(reason)
    return FAULT
  }

  /** `f(if t then a else b)` is `if t then f(a) else f(b)`. */
  eachChoice(term: Term, ask: (term: Term) => Truth): Truth {
    if (term.is !== 'choice') return ask(term)
    if (!this.#mayChoose()) return this.refuseTruth(TOO_MANY)
    return choose(term.test, this.eachChoice(term.yes, ask), this.eachChoice(term.no, ask))
  }

  /** The same where the answer is a value. */
  eachValue(term: Term, make: (term: Term) => Term): Term {
    if (term.is !== 'choice') return make(term)
    if (!this.#mayChoose()) return this.refuse(TOO_MANY)
    return {
      is: 'choice',
      test: term.test,
      yes: this.eachValue(term.yes, make),
      no: this.eachValue(term.no, make),
    }
  }

  #mayChoose(): boolean {
    this.#choices += 1
    return this.#choices <= MOST_CHOICES
  }
}

const TOO_MANY = 'too many values depend on an if'
