import type { ActionClass } from '@writ/contracts'

/** What a method of the protocol does by its own definition; null for one that is not known. */
export function classOfMethod(
  method: string,
  named: string | null,
): { readonly class: ActionClass; readonly source: 'catalogue' } | null {
  const known = method.startsWith('notifications/') ? 'read.public' : METHODS.get(method)
  if (known === undefined) return null
  const isOfTheWeb = method.startsWith('resources/') && named !== null && /^https?:/i.test(named)
  return { class: isOfTheWeb && known === 'read.private' ? 'read.untrusted' : known, source: 'catalogue' }
}

const METHODS: ReadonlyMap<string, ActionClass> = new Map<string, ActionClass>([
  ['initialize', 'read.public'],
  ['ping', 'read.public'],
  ['server/discover', 'read.public'],
  ['tools/list', 'read.public'],
  ['prompts/list', 'read.public'],
  ['prompts/get', 'read.private'],
  ['resources/list', 'read.private'],
  ['resources/templates/list', 'read.public'],
  ['resources/read', 'read.private'],
  ['resources/subscribe', 'read.private'],
  ['resources/unsubscribe', 'read.public'],
  ['subscriptions/listen', 'read.private'],
  ['completion/complete', 'read.private'],
  ['logging/setLevel', 'write.local'],
  ['roots/list', 'read.private'],
  ['elicitation/create', 'read.private'],
  ['sampling/createMessage', 'exec'],
  ['tasks/get', 'read.private'],
  ['tasks/list', 'read.private'],
  ['tasks/result', 'read.private'],
  ['tasks/update', 'write.shared'],
  ['tasks/cancel', 'write.shared'],
  // the client's answer to a question of the server
  ['response', 'write.shared'],
  ['http/get', 'read.public'],
  ['http/delete', 'write.local'],
])
