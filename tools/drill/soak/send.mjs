// One signed request on a client's own keep-alive socket, and what became of it.
import { request } from 'node:http'

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const LIMIT_MS = 30_000

/**
 * @param {{ session: any, sockets: import('node:http').Agent }} client
 * @param {{ url: string, body?: string, verb?: string, more?: Record<string, string>, signed?: Record<string, string>, manner?: 'read' | 'hang up' | 'leave unread' }} what
 * @returns {Promise<{ fate: 'answered' | 'hung up' | 'cut', status?: number, decision?: string, headers?: any, text?: string } | { fate: 'unanswered', why: string }>}
 */
export async function send(
  { session, sockets },
  { url, body = '', verb = 'POST', more = {}, signed, manner = 'read' },
) {
  const proof = signed ?? (await session.sign({ verb, url, body }))
  return new Promise((resolve) => {
    const headers = { ...HEADERS, ...more, ...proof, 'content-length': Buffer.byteLength(body) }
    const agent = manner === 'read' ? sockets : false
    const sent = request(url, { method: verb, agent, headers }, (response) =>
      FATES[manner](response, sent, resolve),
    )
    const timer = setTimeout(
      () => resolve({ fate: 'unanswered', why: 'nothing in 30 s' }) ?? sent.destroy(),
      LIMIT_MS,
    )
    sent.once('close', () => clearTimeout(timer))
    sent.once('error', ({ message }) => resolve({ fate: 'unanswered', why: message }))
    sent.end(body)
    if (manner === 'hang up')
      sent.once('finish', () => setTimeout(() => resolve({ fate: 'hung up' }) ?? sent.destroy(), 3))
  })
}

const FATES = {
  read: (response, _, resolve) => {
    const chunks = []
    response.on('data', (chunk) => chunks.push(chunk))
    response.once('error', ({ message }) => resolve({ fate: 'unanswered', why: `broke off: ${message}` }))
    response.once('end', () => {
      const { statusCode: status, headers } = response
      const text = Buffer.concat(chunks).toString()
      resolve({ fate: 'answered', status, headers, decision: headers['writ-decision-id'], text })
    })
  },
  'hang up': (response) => response.on('error', () => {}),
  /** Takes the head and not one byte more, until the other side has had enough. */
  'leave unread': (response, sent, resolve) => {
    response.pause()
    const { headers } = response
    const cut = () =>
      resolve({ fate: 'cut', status: response.statusCode, decision: headers['writ-decision-id'] })
    response.once('error', cut)
    // Paused, a response does not see the end of its socket.
    response.socket.once('close', cut)
    setTimeout(() => response.resume(), 6000).unref()
    sent.once('close', cut)
  },
}
