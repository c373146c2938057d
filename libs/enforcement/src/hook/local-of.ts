import type { LocalFact, RecordedLocal } from '@writ/contracts'
import type { HookAsk } from './stages.ts'

const MOST = 50
const LONGEST = { operand: 512, host: 255, name: 256, id: 128 } as const

/** What the record of a local action says of it: names, paths and hosts within bounds, never content. */
export function localOf({ moment, understood, told, held }: HookAsk, observed: boolean): RecordedLocal {
  const { facts, hosts, packages } = understood
  return {
    client: told.client,
    moment,
    conversation: cut(told.conversation, LONGEST.id),
    toolUse: cut(told.toolUse, LONGEST.id),
    tool: cut(told.tool, LONGEST.name),
    facts: facts.slice(0, MOST).map(bounded),
    hosts: some(hosts, LONGEST.host),
    packages: some(packages, LONGEST.name),
    more: [facts, hosts, packages].some((list) => list.length > MOST),
    observed,
    times: held?.times ?? 1,
  }
}

const bounded = ({ kind, operand, certainty }: LocalFact): LocalFact => ({
  kind,
  operand: operand.slice(0, LONGEST.operand),
  certainty,
})

const some = (texts: readonly string[], longest: number): string[] =>
  texts.slice(0, MOST).map((text) => text.slice(0, longest))

const cut = (text: string | null, longest: number): string | null => text && text.slice(0, longest)
