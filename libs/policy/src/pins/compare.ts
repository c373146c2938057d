import type { Definition } from './definition.ts'

/** An approved definition. `contentPin` is null where only the whole pin was kept. */
export type ApprovedPin = {
  readonly kind: Definition['kind']
  readonly name: string
  readonly pin: string
  readonly contentPin: string | null
}

/** What a comparison needs of a definition. */
type SeenPin = Pick<Definition, 'kind' | 'name' | 'pin' | 'contentPin'>

/** In the place of a pin, where two were seen: a model may have read either, so it is that of no definition, approved or not. */
export const TWO_DEFINITIONS = 'two definitions'

/** How a definition stands to those that were approved. */
export type Standing =
  | { readonly standing: 'approved' }
  | { readonly standing: 'new' }
  /** the name is approved, with other content: a rug pull, or an update */
  | { readonly standing: 'changed' }
  /** the content is approved under these names: a rename, or a copy under a second name */
  | { readonly standing: 'renamed'; readonly from: readonly string[] }

/**
 * Compares one definition that was seen with the approved ones of its server; approve every server's definitions together to find a name
 * that shadows another server's. A definition with an approved name and other content is `changed`, even where that content is approved
 * under another name: names are what policies speak of. So is one of which two were seen.
 */
export function compare(approved: readonly ApprovedPin[], seen: SeenPin): Standing {
  if (seen.pin === TWO_DEFINITIONS) return { standing: 'changed' }
  const alike = approved.filter(({ kind }) => kind === seen.kind)
  const named = alike.filter(({ name }) => name === seen.name)
  if (named.some(({ pin }) => pin === seen.pin)) return { standing: 'approved' }
  if (named.length > 0) return { standing: 'changed' }
  const from = alike.filter(({ contentPin }) => contentPin === seen.contentPin).map(({ name }) => name)
  return from.length > 0 ? { standing: 'renamed', from: [...new Set(from)].sort() } : { standing: 'new' }
}
