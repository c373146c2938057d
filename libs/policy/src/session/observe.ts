import type { Json, Label, Provenance, SessionState } from '@writ/contracts'
import type { ContentKeys } from '../modify/content-keys.ts'
import { hostPrint, MAX_HOSTS } from './hosts.ts'
import { withSecrets } from './secrets.ts'
import { unionOf } from './state.ts'
import { unionOfValues, valuesIn } from './values.ts'

/** What a session met. Every member may be left out. */
export type Seen = {
  readonly labels?: readonly Label[]
  /** the rule that aborted the session; the first one stays */
  readonly abortedBy?: string
  /** what came back, and as what its values count (`sourcesOf`); before it is rewritten */
  readonly answer?: {
    readonly content: Json
    readonly sources: readonly Provenance[]
    readonly keys: ContentKeys
  }
  /** fingerprints of secrets that were lent or came back */
  readonly secrets?: readonly string[]
  /** a host that an action which was let out named */
  readonly host?: { readonly name: string; readonly keys: ContentKeys }
  /** a definition. @property tool as `connection/tool` */
  readonly pin?: { readonly tool: string; readonly pin: string }
}

/** @returns the very same state where nothing is new */
export function observe(state: SessionState, seen: Seen): SessionState {
  const next = [withHost, withPin, withValues, withKnownSecrets, withLabels, withAbort].reduce(
    (now, step) => step(now, seen),
    state,
  )
  return next === state ? state : { ...next, version: state.version + 1 }
}

/** Labels are never taken away, so what no longer fits cannot make room: the session ends rather than lose its taint. */
export const MAX_LABELS = 64
export const MAX_PINS = 1_024
export const TOO_MANY_LABELS = 'too-many-labels'

/** Any taint will do: `untrusted` itself, or a suspicion such as `untrusted.suspect`. */
const isUntrusted = ({ labels }: SessionState): boolean =>
  labels.some((label) => /^untrusted(?:\.|$)/.test(label))

function withHost(state: SessionState, { host }: Seen): SessionState {
  if (host === undefined || isUntrusted(state) || state.hosts.length >= MAX_HOSTS) return state
  const hosts = unionOf(state.hosts, [hostPrint(host.name, host.keys)])
  return hosts.length === state.hosts.length ? state : { ...state, hosts }
}

function withPin(state: SessionState, { pin }: Seen): SessionState {
  if (pin === undefined || Object.hasOwn(state.pins, pin.tool)) return state
  if (Object.keys(state.pins).length >= MAX_PINS) return state
  return { ...state, pins: Object.fromEntries([...Object.entries(state.pins), [pin.tool, pin.pin]]) }
}

function withValues(state: SessionState, { answer }: Seen): SessionState {
  if (answer === undefined || answer.sources.length === 0) return state
  const met = valuesIn(answer.content, answer.keys)
  const grown = answer.sources.map((source) => {
    const before = state.values[source] ?? { prints: [], full: false }
    return [source, before, unionOfValues(before, met)] as const
  })
  const isNew = grown.some(
    ([, before, after]) => after.full !== before.full || after.prints.length > before.prints.length,
  )
  if (!isNew) return state
  return {
    ...state,
    values: { ...state.values, ...Object.fromEntries(grown.map(([source, , after]) => [source, after])) },
  }
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
