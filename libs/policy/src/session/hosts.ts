import { SESSION_CAPS } from '@writ/contracts'
import type { SessionState } from '@writ/contracts'
import type { ContentKeys } from '../modify/content-keys.ts'
import { fingerprint } from './fingerprint.ts'
import { holds } from './state.ts'

/** Whether a host was reached before the session became untrusted. Beyond the bound of what is remembered every host is a first one. */
export const contactOf = (state: SessionState, host: string, keys: ContentKeys): 'known' | 'first' =>
  holds(state.hosts, hostPrint(host, keys)) ? 'known' : 'first'

export const hostPrint = (host: string, keys: ContentKeys): string =>
  fingerprint(`host ${host.toLowerCase().replace(/\.$/, '')}`, keys)

export const MAX_HOSTS = SESSION_CAPS.hosts
