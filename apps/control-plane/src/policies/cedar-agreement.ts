import { setImmediate as turn } from 'node:timers/promises'
import { generateQuestions } from '@writ/cedar'
import type { Asked, Difference } from '@writ/cedar'
import { askedByTest } from '@writ/policy/authoring'
import type { PolicyDraft } from './draft.ts'
import { classOf } from './policy-tests.ts'

/** Decides questions with Cedar's evaluator and with the rules that its text is read as: where the two differ. */
export type CedarOracle = (text: string, questions: readonly Asked[]) => readonly Difference[]

const GENERATED = 200
const SEED = 1
/** Some 50 ms of Cedar between two turns of the event loop. */
const AT_ONCE = 50

/** Rules of a draft that Cedar decides otherwise, in its own tests or in questions at the borders of what the rules compare. */
export async function rulesInDispute(
  { cedar, document }: PolicyDraft,
  oracle: CedarOracle,
): Promise<readonly string[]> {
  if (cedar === null) return []
  const generated = generateQuestions(document.rules, SEED, GENERATED)
  const rules = new Set<string>()
  for await (const questions of batchesOf([...(await askedByTests(document)), ...generated])) {
    for (const { rule } of oracle(cedar, questions)) rules.add(rule)
  }
  return [...rules]
}

async function askedByTests(document: PolicyDraft['document']): Promise<readonly Asked[]> {
  const questions: Asked[] = []
  for (const test of document.tests ?? []) {
    questions.push(askedByTest(document, test, { classOf }))
    await turn()
  }
  return questions
}

/** Each in a turn of its own, because a control plane has other things to answer. */
async function* batchesOf(questions: readonly Asked[]): AsyncGenerator<readonly Asked[]> {
  for (let at = 0; at < questions.length; at += AT_ONCE) {
    yield questions.slice(at, at + AT_ONCE)
    await turn()
  }
}
