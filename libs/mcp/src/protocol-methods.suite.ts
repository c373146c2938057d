/** What one revision of the protocol lets each side send; `inside`: requests that travel in a result (`inputRequests`) and never alone. */
export type Revision = {
  readonly client: readonly string[]
  readonly server: readonly string[]
  readonly inside: readonly string[]
}

/**
 * Every method and notification of each revision, read from the unions `ClientRequest`, `ClientNotification`, `ServerRequest` and
 * `ServerNotification` of `schema/<revision>/schema.json` in modelcontextprotocol/modelcontextprotocol at b0f60ba (2026-08-22), and of the
 * Tasks extension (SEP-2663) from `schema/draft/schema.ts` in modelcontextprotocol/ext-tasks at e434597 (2026-08-21).
 */
export const REVISIONS: Readonly<Record<string, Revision>> = revisions()

function revisions() {
  const asked =
    words(`completion/complete logging/setLevel prompts/get prompts/list resources/list resources/read resources/subscribe
    resources/templates/list resources/unsubscribe tools/call tools/list initialize ping`)
  const told = words(
    'notifications/cancelled notifications/initialized notifications/progress notifications/roots/list_changed',
  )
  const answered =
    words(`notifications/cancelled notifications/message notifications/progress notifications/prompts/list_changed
    notifications/resources/list_changed notifications/resources/updated notifications/tools/list_changed`)
  const taskMethods = words('tasks/cancel tasks/get tasks/list tasks/result notifications/tasks/status')
  return {
    '2025-03-26': {
      client: [...asked, ...told],
      server: [...answered, 'ping', 'roots/list', 'sampling/createMessage'],
      inside: [],
    },
    '2025-06-18': {
      client: [...asked, ...told],
      server: [...answered, 'ping', 'roots/list', 'sampling/createMessage', 'elicitation/create'],
      inside: [],
    },
    '2025-11-25': {
      client: [...asked, ...told, ...taskMethods],
      server: [
        ...answered,
        ...taskMethods,
        ...words(
          'ping roots/list sampling/createMessage elicitation/create notifications/elicitation/complete',
        ),
      ],
      inside: [],
    },
    '2026-07-28': {
      client:
        words(`completion/complete prompts/get prompts/list resources/list resources/read resources/templates/list
        server/discover subscriptions/listen tools/call tools/list notifications/cancelled`),
      server: [...answered, 'notifications/subscriptions/acknowledged'],
      inside: words('elicitation/create roots/list sampling/createMessage'),
    },
    '2026-07-28 with tasks': {
      client: words('tasks/get tasks/update tasks/cancel'),
      server: ['notifications/tasks'],
      inside: [],
    },
  }
}

function words(text: string): readonly string[] {
  return text.split(/\s+/)
}
