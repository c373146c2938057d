import type { PolicyDocument } from '@writ/contracts'
import { agreesWithCedar } from '@writ/cedar'
import { compilePolicies } from '@writ/policy'
import type { TestResult } from '@writ/policy/authoring'
import { badRequest, unprocessable } from '../http/problem.ts'
import { rulesInDispute } from './cedar-agreement.ts'
import type { CedarOracle } from './cedar-agreement.ts'
import type { PolicyDraft, PolicyError } from './draft.ts'
import { runTests } from './policy-tests.ts'

/**
 * Everything that a document must be before gateways get it.
 * @param oracle Cedar's own evaluator, which a policy in Cedar is held against
 * @throws 400 naming each rule that cannot be evaluated, 422 naming each test that fails, or each rule that Cedar decides otherwise
 */
export async function requirePublishable(
  draft: PolicyDraft,
  oracle: CedarOracle = agreesWithCedar,
): Promise<void> {
  requireSound(draft)
  await requirePassing(draft)
  await requireAgreement(draft, oracle)
}

/** A rule that does not compile errs at every call, and a deny that errs denies: such a document is not taken at all. */
function requireSound(draft: PolicyDraft): void {
  const errors = [...faultsIn(draft), ...repeatedIn(draft)]
  if (errors.length > 0) throw badRequest('the policy has rules that cannot be evaluated', errors)
}

function faultsIn({ document, errorAt }: PolicyDraft): readonly PolicyError[] {
  const policy = { id: UNNAMED, name: '', version: 1, groups: [], document }
  const { faults } = compilePolicies([policy], { groups: [], overrides: [] })
  return faults.map(({ rule, because }) => {
    const at = document.rules.findIndex(({ id }) => id === rule)
    return errorAt(at === -1 ? ['patterns'] : ['rules', at], `${rule}: ${because}`)
  })
}

/** Compiling wants an id, and a document has none before it is stored. */
const UNNAMED = `pol_${'0'.repeat(26)}` as const

/** Records and overrides name a rule by its id. */
const repeatedIn = ({ document: { rules }, errorAt }: PolicyDraft): readonly PolicyError[] =>
  rules.flatMap(({ id }, at) =>
    rules.findIndex((other) => other.id === id) === at
      ? []
      : [errorAt(['rules', at, 'id'], `${id}: another rule has this id`)],
  )

async function requirePassing(draft: PolicyDraft): Promise<void> {
  const results = await runTests(draft, draft.document.tests ?? [])
  const errors = results.flatMap((result, at) =>
    result.passed ? [] : [draft.errorAt(['tests', at], `${result.name}: ${differencesIn(result)}`)],
  )
  if (errors.length > 0) throw unprocessable('the policy does not pass its own tests', errors)
}

const differencesIn = ({ differences }: TestResult): string =>
  differences
    .map(({ what, expected, got }) => `${what} is ${clipped(got)}, not ${clipped(expected)}`)
    .join('; ')

const MOST_SHOWN = 160

function clipped(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`
}

/** What was made of a Cedar text is asked beside Cedar itself: a difference would be a mistake of ours, and is not published. */
async function requireAgreement(draft: PolicyDraft, oracle: CedarOracle): Promise<void> {
  const { document, errorAt } = draft
  const rules = await rulesInDispute(draft, oracle)
  if (rules.length === 0) return
  throw unprocessable(
    'the rules differ from what Cedar decides',
    rules.map((rule) => errorAt(placeIn(document, rule), `${rule}: Cedar decides it otherwise`)),
  )
}

const placeIn = (document: PolicyDocument, rule: string) => [
  'rules',
  document.rules.findIndex(({ id }) => id === rule),
]
