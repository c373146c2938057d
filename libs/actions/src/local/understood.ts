import type { Action, Json, JsonObject, LocalFact } from '@writ/contracts'
import type { PackageKnowledge } from '../packages/knowledge.ts'

/** Where an action happens. Paths are absolute; without a workspace the working directory is one. */
export type Place = {
  readonly cwd: string
  readonly home: string
  readonly workspaces: readonly string[]
  readonly platform: 'linux' | 'darwin' | 'win32'
}

/** What understanding asks of the machine. Nothing in it throws. */
export type LocalWorld = {
  /** the real path of the longest existing beginning of an absolute path, and the rest as it is */
  readonly realPath: (path: string) => string
  /** at most 1 MiB; null where there is no such file or it cannot be read */
  readonly readText: (path: string) => string | null
  readonly packages: PackageKnowledge
  /** what the tenant says of what cannot be read: `allow` takes the question off, `deny` makes it sure */
  readonly unknown: 'allow' | 'ask' | 'deny'
}

/**
 * What an action is, for policies. `args` is made here and never by the agent (`LocalArgs`), but for `mcp.call`, where it is the tool's own
 * arguments; `content` is what is inspected.
 */
export type Understood = {
  readonly action: Action
  /** the working directory, where the same words do something else in another one; null for a call of a server */
  readonly directory: string | null
  readonly args: JsonObject
  readonly content: Json
  readonly facts: readonly LocalFact[]
  readonly hosts: readonly string[]
  /** `npm/left-pad`, without versions */
  readonly packages: readonly string[]
}

/** The arguments of a local action as policies see them; `facts` and `sure` are kinds, without duplicates. */
export type LocalArgs = {
  readonly kind: string
  readonly facts: readonly string[]
  readonly sure: readonly string[]
  readonly paths: {
    readonly read: readonly string[]
    readonly write: readonly string[]
    readonly delete: readonly string[]
  }
  /** something is written or deleted that is neither in a workspace nor in a folder for temporary files */
  readonly outside: boolean
  readonly hosts: readonly string[]
  readonly packages: readonly string[]
  readonly programs: readonly string[]
  /** the action as the client told it */
  readonly input: JsonObject
}
