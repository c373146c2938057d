import type { ActionClass } from '@writ/contracts'
import { CLASS_OF_KIND, FACT_KINDS, type FactKind } from '../shell/facts.ts'

const MORE_KIND_NAMES = [
  'package_malicious',
  'package_typosquat',
  'package_source',
  'package_denied',
  'package_young',
  'lockfile_changed_source',
  'install_script',
  'agent_setting',
  'agent_instruction',
  'metadata_access',
  'private_network',
  'disguised_host',
  'unknown_tool',
  'unknown_refused',
] as const
type MoreKind = (typeof MORE_KIND_NAMES)[number]

/** What may be said of a local action beside what a shell command does, and the class of an action of which it is true. */
const MORE_KINDS: Readonly<Record<MoreKind, ActionClass>> = {
  /** public reports name the package, or this version of it */
  package_malicious: 'exec',
  /** its name is confusable with that of a well-known package */
  package_typosquat: 'exec',
  /** it would come from another place than the ecosystem's own registry */
  package_source: 'exec',
  /** the tenant's list says no */
  package_denied: 'exec',
  /** younger than the tenant wants packages to be */
  package_young: 'exec',
  /** a lock file names another host, or other bytes for the same version */
  lockfile_changed_source: 'exec',
  /** something that runs by itself when packages are installed or built is added */
  install_script: 'exec',
  /** a server, hook or skill is added that the agent would start or obey */
  agent_setting: 'admin',
  /** a text that agents take as orders is changed */
  agent_instruction: 'write.local',
  /** the address at which clouds hand out credentials */
  metadata_access: 'credential',
  /** an address inside a private network */
  private_network: 'read.untrusted',
  /** an address that is written so that it does not look like what it is */
  disguised_host: 'sink.external',
  /** a tool that nobody has described */
  unknown_tool: 'exec',
  /** what cannot be read is refused: the tenant's setting says so */
  unknown_refused: 'exec',
}

export type LocalFactKind = FactKind | MoreKind

/** All that a fact of a local action may be about. */
export const LOCAL_FACT_KINDS: readonly LocalFactKind[] = [...FACT_KINDS, ...MORE_KIND_NAMES]

export const CLASS_OF_LOCAL_KIND: Readonly<Record<LocalFactKind, ActionClass>> = {
  ...CLASS_OF_KIND,
  ...MORE_KINDS,
}

/** These say that something could not be read or is not known; the tenant says what comes of it. */
export const UNREADABLE_KINDS: ReadonlySet<LocalFactKind> = new Set<LocalFactKind>([
  'unresolvable',
  'opaque_exec',
  'unknown_tool',
])
