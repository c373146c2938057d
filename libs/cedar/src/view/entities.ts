import type { Subject } from '../lower/term.ts'

/** Entity types of the Cedar view; groups have the type `Group`. */
export const TYPE_OF: Readonly<Record<Subject, string>> = {
  principal: 'Agent',
  human: 'Human',
  resource: 'Resource',
  action: 'Action',
}

/** Where the groups that an entity is in stand in the question. */
export const PARENT_PATH: Readonly<Record<Subject, string | null>> = {
  principal: 'agent.groups',
  human: 'human.groups',
  resource: null,
  action: null,
}
