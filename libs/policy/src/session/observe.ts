import { SESSION_CAPS } from '@writ/contracts'
import type { Label, Provenance, SessionState } from '@writ/contracts'
import type { ContentKeys } from '../modify/content-keys.ts'
import { TWO_DEFINITIONS } from '../pins/compare.ts'
import { hostPrint, MAX_HOSTS } from './hosts.ts'
import { withSecrets } from './secrets.ts'
import { holds, unionOf } from './state.ts'
import type { ValueSet } from './values.ts'
import { NO_VALUES, unionOfValues } from './values.ts'

/** What a session met. Every member may be left out. */
export type Seen = {
  readonly labels?: readonly Label[]
  /** the rule that aborted the session; the first one stays */
  readonly abortedBy?: string
  /** the values of what came back (`valuesIn`, before it is rewritten), and as what they count (`sourcesOf`) */
  readonly answer?: { readonly values: ValueSet; readonly sources: readonly Provenance[] }
  /** fingerprints of secrets that were lent or came back */
  readonly secrets?: readonly string[]
  /** hosts that an action which was let out named */
  readonly hosts?: { readonly names: readonly string[]; readonly keys: ContentKeys }
  /** definitions. @property tool as `connection/tool` */
  readonly pins?: readonly { readonly tool: string; readonly pin: string }[]
}

/** @returns the very same state where nothing is new */
export function observe(state: SessionState, seen: Seen): SessionState {
  const next = [withHosts, withPins, withValues, withKnownSecrets, withLabels, withAbort].reduce(
    (now, step) => step(now, seen),
    state,
  )
  return next === state ? state : { ...next, version: state.version + 1 }
}

/** Labels are never taken away, so what no longer fits cannot make room: the session ends rather than lose its taint. */
export const MAX_LABELS = SESSION_CAPS.labels
export const TOO_MANY_LABELS = 'too-many-labels'

/** Any taint will do: `untrusted` itself, or a suspicion such as `untrusted.suspect`. */
const isUntrusted = ({ labels }: SessionState): boolean =>
  labels.some((label) => /^untrusted(?:\.|$)/.test(label))

/** Those beyond the bound stay first ones. */
function withHosts(state: SessionState, { hosts: reached }: Seen): SessionState {
  if (reached === undefined || isUntrusted(state) || state.hosts.length >= MAX_HOSTS) return state
  const prints = reached.names.slice(0, MAX_HOSTS).map((name) => hostPrint(name, reached.keys))
  const unknown = [...new Set(prints)].filter((print) => !holds(state.hosts, print))
  const hosts = unionOf(state.hosts, unknown.slice(0, MAX_HOSTS - state.hosts.length))
  return hosts.length === state.hosts.length ? state : { ...state, hosts }
}

/** Those beyond the bound have none. */
function withPins(state: SessionState, { pins = [] }: Seen): SessionState {
  if (pins.length === 0) return state
  const known = new Map(Object.entries(state.pins))
  let isNew = false
  for (const { tool, pin } of pins) {
    const now = pinAfter(known.get(tool), pin)
    const hasRoom = known.size < SESSION_CAPS.pins && tool.length <= SESSION_CAPS.pinName
    if (now === known.get(tool) || !(hasRoom || known.has(tool))) continue
    known.set(tool, now)
    isNew = true
  }
  return isNew ? { ...state, pins: Object.fromEntries(known) } : state
}

/** A tool of which two definitions were seen stays one of two: what a model has read, it has read. */
const pinAfter = (before: string | undefined, pin: string): string =>
  before === undefined || before === pin ? pin : TWO_DEFINITIONS

function withValues(state: SessionState, { answer }: Seen): SessionState {
  if (answer === undefined) return state
  const values = { ...state.values }
  let isNew = false
  for (const source of answer.sources) {
    const before = values[source] ?? NO_VALUES
    const after = unionOfValues(before, answer.values)
    if (after.full === before.full && after.prints.length === before.prints.length) continue
    values[source] = after
    isNew = true
  }
  return isNew ? { ...state, values } : state
}

function withKnownSecrets(state: SessionState, { secrets = [] }: Seen): SessionState {
  if (secrets.every((print) => state.secrets.includes(print))) return state
  return { ...state, secrets: withSecrets(state.secrets, secrets) }
}

function withLabels(state: SessionState, { labels = [] }: Seen): SessionState {
  const all = unionOf(state.labels, labels)
  if (all.length === state.labels.length) return state
  return all.length <= MAX_LABELS
    ? { ...state, labels: all }
    : { ...state, aborted: state.aborted ?? TOO_MANY_LABELS }
}

const withAbort = (state: SessionState, { abortedBy }: Seen): SessionState =>
  abortedBy === undefined || state.aborted !== null ? state : { ...state, aborted: abortedBy }
