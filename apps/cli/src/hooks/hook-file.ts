import type { HookClient, Json, JsonObject } from '@writ/contracts'
import type { Places } from './places.ts'

export type GovernedClient = Exclude<HookClient, 'sandbox'>

/** `observe`: files of the user, who can take them out. `enforce`: files of root, with the keys that keep hooks on. */
export type Tier = 'observe' | 'enforce'

/** The words that start the hook client, without the name of the agent's client. */
export type HookProgram = readonly [program: string, ...args: readonly string[]]

/** Something that a JSON file must say: a value in its place, or an item among others. */
export type Setting =
  | { readonly at: readonly string[]; readonly value: Json }
  | { readonly at: readonly string[]; readonly item: JsonObject | string }

/** What a file must hold. `json` and `toml` are merged into what stands there; `whole` is ours from the first byte to the last. */
export type Content =
  | { readonly form: 'json'; readonly settings: readonly Setting[] }
  | { readonly form: 'toml'; readonly values: readonly TomlValue[]; readonly tables: string }
  | { readonly form: 'whole'; readonly text: string }

/** One key of a table (`''`: of the file itself); `value` as TOML writes it. */
export type TomlValue = {
  readonly table: string
  readonly key: string
  readonly value: 'true' | `"${string}"`
}

export type HookFile = { readonly path: string; readonly content: Content }

export type Wanted = {
  readonly tier: Tier
  readonly places: Places
  readonly hook: HookProgram
  /** patterns of files that the client itself is told not to read, e.g. `~/.ssh/**` */
  readonly denyReads: readonly string[]
}

/** One client, as data. */
export type ClientRow = {
  readonly client: GovernedClient
  readonly title: string
  /** names of its program */
  readonly programs: readonly string[]
  /** folders of the home that tell that the client is used here, where it has no program on the path */
  readonly traces: readonly string[]
  /** the oldest version that keeps what the enforce tier says */
  readonly minimumVersion: string | null
  /** why managed files do not hold this client; null: they do */
  readonly notEnforced: string | null
  /** what a person has to do besides, or does not get, in this tier */
  readonly remarks: Readonly<Record<Tier, readonly string[]>>
  /** empty where the client has no such file on that platform */
  readonly files: (wanted: Wanted) => readonly HookFile[]
  /** the event that stops an action, as it would come for this command of a shell */
  readonly canary: (command: string, cwd: string) => { readonly event: string; readonly payload: JsonObject }
  /** whether this text on stdout says no, with a reason */
  readonly denies: (reply: JsonObject) => string | null
}
