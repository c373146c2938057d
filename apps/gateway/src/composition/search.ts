import type { Json } from '@writ/contracts'
import type { Item } from './listing.ts'

export const SEARCH = 'search_tools'
export const CALL = 'call_tool'

/** What stands in for a long listing. Neither name can be a composed one: those have two underscores or a hash behind the first. */
export const STAND_INS: readonly string[] = [
  {
    name: SEARCH,
    title: 'Search tools',
    description:
      'Finds tools by what they do, among all that may be used here. Returns their definitions: call one by its name, or with call_tool.',
    inputSchema: {
      type: 'object',
      properties: {
        query: { type: 'string', description: 'what the tool should do, in a few words' },
        limit: { type: 'integer', minimum: 1, maximum: 50, default: 8 },
      },
      required: ['query'],
    },
    annotations: { readOnlyHint: true, openWorldHint: false },
  },
  {
    name: CALL,
    title: 'Call a tool',
    description: 'Calls a tool that search_tools found, for clients that call listed tools only.',
    inputSchema: {
      type: 'object',
      properties: {
        name: { type: 'string', description: 'the name that search_tools gave' },
        arguments: { type: 'object', description: 'as its inputSchema says' },
      },
      required: ['name'],
    },
  },
].map((tool) => JSON.stringify(tool))

const MOST_FOUND = 50
const FOUND_BY_DEFAULT = 8
const LONGEST_QUERY = 500

export type Search = { readonly query: string; readonly limit: number }

/** Null where the arguments are not those of a search. */
export function searchIn(args: Readonly<Record<string, Json>>): Search | null {
  const { query, limit = FOUND_BY_DEFAULT } = args
  if (typeof query !== 'string' || query.length > LONGEST_QUERY) return null
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1) return null
  return { query, limit: Math.min(limit, MOST_FOUND) }
}

/** The best matches first, by BM25 over name and definition, in which a word of the name counts more; equals stay in the order of the listing. */
export async function found(
  items: readonly Item[],
  { query, limit }: Search,
  turn: () => Promise<void>,
): Promise<readonly Item[]> {
  const wanted = new Set(wordsIn(query))
  const documents: { readonly item: Item; readonly counts: Counts }[] = []
  for (const item of items) {
    documents.push({ item, counts: countsOf(item, wanted) })
    if (documents.length % ITEMS_A_TURN === 0) await turn()
  }
  const average = documents.reduce((sum, { counts }) => sum + counts.total, 0) / Math.max(1, documents.length)
  const weights = new Map(
    [...wanted].map((word) => {
      const holding = documents.filter(({ counts }) => counts.words.has(word)).length
      return [word, Math.log(1 + (documents.length - holding + 0.5) / (holding + 0.5))]
    }),
  )
  return documents
    .map(({ item, counts }) => ({ item, score: scoreOf(counts, weights, average) }))
    .filter(({ score }) => score > 0)
    .toSorted((left, right) => right.score - left.score)
    .slice(0, limit)
    .map(({ item }) => item)
}

/** `words`: how often those that are looked for stand there. `total`: of all words. */
type Counts = { readonly words: ReadonlyMap<string, number>; readonly total: number }

const OF_NAME = 4
/** Of one definition, and of one name: nobody says later what a tool does. */
const LONGEST_LOOKED_AT = 4096
const ITEMS_A_TURN = 16

function countsOf({ name, connection, text }: Item, wanted: ReadonlySet<string>): Counts {
  const words = new Map<string, number>()
  let total = 0
  const add = (said: string, times: number): void => {
    for (const word of wordsIn(said.slice(0, LONGEST_LOOKED_AT))) {
      total += times
      if (wanted.has(word)) words.set(word, (words.get(word) ?? 0) + times)
    }
  }
  add(text, 1)
  add(`${connection} ${name}`, OF_NAME)
  return { words, total }
}

const [K1, B] = [1.2, 0.75]

function scoreOf({ words, total }: Counts, weights: ReadonlyMap<string, number>, average: number): number {
  let score = 0
  for (const [word, weight] of weights) {
    const times = words.get(word) ?? 0
    score += (weight * times * (K1 + 1)) / (times + K1 * (1 - B + (B * total) / average))
  }
  return score
}

/** Lower case, without the endings that English puts on; camelCase is two words. */
const wordsIn = (text: string): string[] =>
  (
    text
      .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).map((word) => (word.length > 4 ? word.replace(/(?:ies|es|s|ing|ed)$/, '') : word))

/** The result of a search: the definitions as they would be listed. */
export function foundText(items: readonly Item[]): { readonly text: string; readonly structured: string } {
  const structured = `{"tools":[${items.map(({ text }) => text).join(',')}]}`
  return { text: JSON.stringify(structured), structured }
}
