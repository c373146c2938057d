import type { ActionClass, AuditRecord } from '@writ/contracts'
import { endingOf, severityOf } from './what-happened.ts'
import type { Ending } from './what-happened.ts'

/** A number of a closed list of OCSF, and its caption. */
export type Word = { readonly id: number; readonly caption: string }
const word = (id: number, caption: string): Word => ({ id, caption })

const CREATE = word(1, 'Create')
const READ = word(2, 'Read')
const UPDATE = word(3, 'Update')
const DELETE = word(4, 'Delete')
const OTHER = 99

/** `activity_id` of API Activity. What is none of the four is Other, under the name that it has here. */
export function activityOf({ action, administration, kind }: AuditRecord): Word {
  if (administration !== null) return VERBS[administration.route.split(' ')[0] ?? ''] ?? word(OTHER, kind)
  if (action === null) return word(OTHER, kind)
  return ACTIVITIES[action.class] ?? word(OTHER, action.class)
}

const VERBS: Readonly<Record<string, Word>> = {
  POST: CREATE,
  GET: READ,
  PUT: UPDATE,
  PATCH: UPDATE,
  DELETE,
}

type AnyClass = NonNullable<AuditRecord['action']>['class']
/** Running, paying and sending are no change of a resource, so they are Other. */
const ACTIVITIES: Readonly<Partial<Record<AnyClass | ActionClass, Word>>> = {
  'read.public': READ,
  'read.private': READ,
  'read.untrusted': READ,
  read: READ,
  'write.local': UPDATE,
  'write.shared': UPDATE,
  write: UPDATE,
  destructive: DELETE,
  delete: DELETE,
}

/** `severity_id`. */
export const severityWordOf = (record: AuditRecord): Word => SEVERITIES[severityOf(record)]

const SEVERITIES = [
  word(1, 'Informational'),
  word(2, 'Low'),
  word(3, 'Medium'),
  word(4, 'High'),
  word(5, 'Critical'),
] as const

/** `action_id` and `disposition_id` of the profile security_control. */
export function controlOf(record: AuditRecord): { readonly action: Word; readonly disposition: Word } {
  if (record.finding !== null) return { action: OBSERVED, disposition: word(15, 'Detected') }
  return CONTROLS[endingOf(record)]
}

const ALLOWED = word(1, 'Allowed')
const DENIED = word(2, 'Denied')
const OBSERVED = word(3, 'Observed')
const CONTROLS: Readonly<Record<Ending, { readonly action: Word; readonly disposition: Word }>> = {
  allowed: { action: ALLOWED, disposition: ALLOWED },
  flagged: { action: OBSERVED, disposition: word(17, 'Logged') },
  modified: { action: word(4, 'Modified'), disposition: word(11, 'Corrected') },
  asked: { action: DENIED, disposition: word(23, 'Challenge') },
  denied: { action: DENIED, disposition: word(2, 'Blocked') },
  aborted: { action: DENIED, disposition: word(24, 'Access Revoked') },
  refused: { action: DENIED, disposition: word(25, 'Rejected') },
  failed: { action: word(0, 'Unknown'), disposition: word(27, 'Error') },
  unknown: { action: word(0, 'Unknown'), disposition: word(0, 'Unknown') },
}

/** `status_id`: before the effect nobody knows how it ends. */
export function statusOf({ kind, outcome }: AuditRecord): Word {
  if (kind === 'opened' || outcome === 'unknown') return word(0, 'Unknown')
  return outcome === 'allow' ? word(1, 'Success') : word(2, 'Failure')
}
