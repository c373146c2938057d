import type { Granted, GrantRequest } from './grant-request.ts'

/** An agent acts for its owner without being asked (RFC 6749 §4.4). */
export const clientCredentials = ({ agent, authorizations }: GrantRequest): Promise<Granted> =>
  Promise.resolve({
    beginning: {
      human: agent.owner,
      parent: null,
      grant: null,
      authorizations,
      resources: [],
      authTime: null,
      amr: null,
      endsAt: null,
    },
  })
