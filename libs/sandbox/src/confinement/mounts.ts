/**
 * One thing of the file system that a sandbox sees, in the order in which they are put in place: a later one covers an earlier one.
 * `source` is a path of the machine without symbolic links, `at` a path inside.
 */
export type Mount =
  /** the machine's own, read-only or writable */
  | { readonly kind: 'read' | 'write'; readonly source: string; readonly at: string }
  /** a private copy that ends with the run */
  | { readonly kind: 'copy'; readonly source: string; readonly at: string }
  | { readonly kind: 'link'; readonly target: string; readonly at: string }
  /** an empty place of its own, in memory */
  | { readonly kind: 'empty'; readonly at: string }
  | { readonly kind: 'processes' | 'devices'; readonly at: string }
  /** nothing can be made at this place itself any more */
  | { readonly kind: 'sealed'; readonly at: string }

/** Why a sandbox cannot be made as asked: a sentence, and what to do. */
export type SandboxFault = { readonly fault: string; readonly remedy: string }
export const isFault = (value: object): value is SandboxFault => 'fault' in value

export const read = (source: string, at = source): Mount => ({ kind: 'read', source, at })
export const write = (source: string, at = source): Mount => ({ kind: 'write', source, at })
export const empty = (at: string): Mount => ({ kind: 'empty', at })
