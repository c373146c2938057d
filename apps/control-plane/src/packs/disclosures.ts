import { canonical } from '@writ/audit'
import type { Disclosure, Json } from '@writ/contracts'
import type { PersonalFields } from '../personal/personal-fields.ts'
import { csvHead, csvOf } from './csv.ts'
import { textAt } from './fields.ts'
import { rowsOf } from './rows.ts'
import type { Row } from './rows.ts'
import type { Tally } from './tally.ts'
import type { PackPlan, PackWork } from './work.ts'

type ReadRow = { readonly leaf: number; readonly tree: Json }
type OpenedRow = ReadRow & { readonly disclosures: readonly Disclosure[] }

/** A name is sealed once and stands in many records: by the whole of the sealed value, what it is. */
export type KnownNames = Map<string, Disclosure>

const MOST_NAMES = 20_000
const NAME = '/human/name'

const read = (row: Row): ReadRow => ({ leaf: row.leaf, tree: row.tree() })

/** The rows with what is sealed in them opened, where whoever asked may see it. What was erased stays shut. */
async function openedRows(
  work: PackWork,
  rows: readonly ReadRow[],
  personal: PersonalFields,
): Promise<OpenedRow[]> {
  const trees = rows.map(({ tree }) => tree)
  const opened = await work.inTenant((db) => personal.disclose(db, trees, true))
  return rows.map(({ leaf, tree }, at) => ({ leaf, tree, disclosures: opened[at]?.disclosures ?? [] }))
}

/** `disclosures.jsonl` */
export async function* disclosureLines(
  work: PackWork,
  plan: PackPlan,
  personal: PersonalFields,
  names: KnownNames,
): AsyncGenerator<string> {
  if (!plan.disclosed) return
  for await (const rows of rowsOf(work, plan, 'disclosures')) {
    const opened = await openedRows(work, rows.map(read), personal)
    for (const row of opened) learn(names, row)
    yield opened.flatMap(({ leaf, disclosures }) => linesOf(leaf, disclosures)).join('')
  }
}

function learn(names: KnownNames, { tree, disclosures }: OpenedRow): void {
  const sealed = sealedName(tree)
  const name = disclosures.find(({ path }) => path === NAME)
  if (sealed !== null && name !== undefined && names.size < MOST_NAMES) names.set(sealed, name)
}

/** All of it: what has the same commitment and does not open is not the same. */
const sealedName = (tree: Json): string | null =>
  textAt(tree, 'human', 'name', 'c') &&
  ['c', 'ct', 'epk', 'key'].map((member) => textAt(tree, 'human', 'name', member)).join(' ')

const linesOf = (leaf: number, disclosures: readonly Disclosure[]): string[] =>
  disclosures
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, salt, value }) => `${canonical({ leaf, path, salt, value })}\n`)

/** How the table is made: what sealed names are, and who counts what passes. */
export type Table = {
  readonly personal: PersonalFields
  readonly names: KnownNames
  readonly tally: Tally
}

/** `records.csv`. Of what is sealed it shows names only. */
export async function* tableLines(
  work: PackWork,
  plan: PackPlan,
  { personal, names, tally }: Table,
): AsyncGenerator<string> {
  yield csvHead()
  for await (const page of rowsOf(work, plan, 'table')) {
    const rows = page.map(read)
    for (const { leaf, tree } of rows) tally.add(leaf, tree)
    const named = rows.map((row) => ({ ...row, disclosures: knownName(row, names) }))
    const isKnown = !plan.disclosed || named.every(({ tree, disclosures }) => isNamed(tree, disclosures))
    yield csvOf(isKnown ? named : await openedRows(work, rows, personal))
  }
}

/** What was opened for the rows before is not opened again. */
function knownName({ tree }: ReadRow, names: KnownNames): readonly Disclosure[] {
  const name = names.get(sealedName(tree) ?? '')
  return name === undefined ? [] : [name]
}

const isNamed = (tree: Json, disclosures: readonly Disclosure[]): boolean =>
  disclosures.length > 0 || sealedName(tree) === null
