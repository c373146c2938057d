export type HookClientOptions = {
  /** where it goes; the state directory's `bin` when left out */
  readonly dir?: string
  readonly env?: NodeJS.ProcessEnv
  /** `node`: the portable one, even where there is a compiler */
  readonly kind?: 'native' | 'node'
  /** the only uid, beside root, whose daemon may answer; the caller's own when left out */
  readonly ownerUid?: number
  /** more for the compiler, e.g. sanitizers */
  readonly flags?: readonly string[]
}
export type BuiltHookClient = {
  readonly path: string
  readonly kind: 'native' | 'node'
  /** what is worse than with a compiler, in words; null with one */
  readonly price: string | null
}
export declare const PRICE_OF_NODE: string
export declare function buildHookClient(options?: HookClientOptions): BuiltHookClient
