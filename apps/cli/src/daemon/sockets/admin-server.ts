import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { DaemonStatus } from '../daemon.ts'
import type { PersonDesk } from '../person-desk.ts'

export type AdminPorts = { readonly status: () => DaemonStatus; readonly person: PersonDesk }

/** For the person at this device, on a socket of its own: a sandbox is given the hooks' and never this one. Not listening yet. */
export function createAdminServer(ports: AdminPorts): Server {
  return createServer((request, response) => {
    request.resume()
    answer(request, response, ports)
  })
}

function answer({ method, url = '' }: IncomingMessage, response: ServerResponse, ports: AdminPorts): void {
  if (method === 'POST') return answerFor(url, response, ports)
  if (url === '/status') return say(response, 200, ports.status())
  if (url === '/approvals') return say(response, 200, { waiting: ports.person.waiting() })
  return say(response, 404, NOTHING)
}

const NOTHING = { error: 'there is no such thing here' }

function answerFor(url: string, response: ServerResponse, { person }: AdminPorts): void {
  const [, id, word] = /^\/approvals\/(apr_[0-9A-Z]{26})\/(approve|refuse)$/.exec(url) ?? []
  if (id === undefined) return say(response, 404, NOTHING)
  const isThere = person.answer(id, word === 'approve')
  return say(response, isThere ? 200 : 404, { id, answered: isThere })
}

function say(response: ServerResponse, status: number, content: object): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify(content))
}
