import type { LeaseSecret } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Dispatcher } from 'undici'
import type { RawAnswer } from '../upstream/upstream-call.ts'
import type { SendToApi } from './forward-api.ts'
import type { ApiRequest } from './request.ts'

type Fields = readonly (readonly [string, string])[]

/** What every request to one API carries. */
export type ApiWay = {
  /** path and query of the connection's URL */
  readonly base: string
  readonly own: Fields
  readonly secret: LeaseSecret | null
  readonly send: (request: Dispatcher.DispatchOptions) => Promise<RawAnswer | Refusal>
}

/** Sends requests below the URL of a connection, with the header of its credential and nothing of the agent's own standing. */
export const sendingTo =
  ({ base, own, secret, send }: ApiWay): SendToApi =>
  async (request) => {
    const answer = await send({
      path: pathBelow(base, request.path),
      method: request.method,
      headers: headersOf(request, own, secret),
      body: request.body,
    })
    if (isRefusal(answer)) return answer
    if (answer.kind === 'whole') return answer
    answer.stop()
    return new Refusal('upstream_malformed', 'the API answered with a stream of events')
  }

function pathBelow(base: string, path: string): string {
  const [above, given] = split(base)
  const [below, asked] = split(path)
  const query = [given, asked].filter(Boolean).join('&')
  return `${above.replace(/\/$/, '')}${below}${query === '' ? '' : `?${query}`}`
}

function split(path: string): [string, string] {
  const at = path.indexOf('?')
  return at === -1 ? [path, ''] : [path.slice(0, at), path.slice(at + 1)]
}

const ACCEPTED: Fields = [['accept', 'application/json, text/*;q=0.9, */*;q=0.1']]

/** The header of a credential is the lease's alone. */
function headersOf({ headers }: ApiRequest, own: Fields, secret: LeaseSecret | null): string[] {
  const flat: string[] = []
  for (const fields of [ACCEPTED, headers, own])
    for (const [name, value] of fields) if (name !== secret?.header) flat.push(name, value)
  if (secret !== null && secret.header !== '') flat.push(secret.header, secret.value)
  return flat
}
