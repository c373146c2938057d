import { preparsePolicySet, statefulIsAuthorized } from './cedar-wasm.ts'
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { CedarRequest } from './view/question-to-cedar.ts'

/** What Cedar says of every policy for one request. */
export type Verdicts = { readonly satisfied: ReadonlySet<string>; readonly errored: ReadonlySet<string> }

/** One name, so that the library's cache never holds more than the last set. */
const PARSED = 'writ'

/**
 * Cedar's own evaluator. Every policy is made a `permit`, because Cedar reports only the policies that decide: so each one is reported
 * that is satisfied, whatever its effect.
 * @param policies in Cedar's JSON form by id
 */
export function createAuthorizer(
  policies: ReadonlyMap<string, PolicyJson>,
): (request: CedarRequest) => Verdicts {
  const staticPolicies = Object.fromEntries(
    [...policies].map(([id, policy]) => [id, { ...policy, effect: 'permit' as const }]),
  )
  const parsed = preparsePolicySet(PARSED, { staticPolicies })
  if (parsed.type === 'failure')
    throw new Error(`Cedar does not read its own form: ${parsed.errors[0]?.message}`)
  return ask
}

function ask(request: CedarRequest): Verdicts {
  const answer = statefulIsAuthorized({ ...request, preparsedPolicySetId: PARSED })
  if (answer.type === 'failure')
    throw new Error(`Cedar does not take a request: ${answer.errors[0]?.message}`)
  const { reason, errors } = answer.response.diagnostics
  return { satisfied: new Set(reason), errored: new Set(errors.map(({ policyId }) => policyId)) }
}
