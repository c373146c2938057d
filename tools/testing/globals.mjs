// What specs import as `@jest/globals`: Jest's own, without a sandbox around them.
import { jestExpect } from '@jest/expect'
import * as circus from 'jest-circus'
import { fn, spyOn } from 'jest-mock'

/** Where jest-circus looks for a time-out that a file sets for itself. */
export const TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL')

export const { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } = circus
export const expect = jestExpect
export const jest = {
  fn,
  spyOn,
  setTimeout: (ms) => {
    globalThis[TIMEOUT] = ms
    return jest
  },
}
