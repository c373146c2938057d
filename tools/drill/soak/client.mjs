// One client of the soak: it goes on with whatever it falls on, in sessions that it opens and ends.
import { Agent } from 'node:http'
import { AuthorityError } from '@writ/identity'
import { pick, weighted } from './dice.mjs'
import { send } from './send.mjs'

/** So many of a hundred and six. The slow readers take their time, so that there are few. */
const MIX = [
  [58, 'plain'],
  [12, 'stream'],
  [9, 'failing'],
  [6, 'refused'],
  [4, 'replayed'],
  [5, 'hangUp'],
  [7, 'list'],
  [4, 'anew'],
  [0.4, 'unread'],
]
const WAYS = ['status', 'reset', 'half an answer', 'no JSON', 'half a stream']
/** Made up, in two parts, so that no scanner takes this file for a leak. */
const KEY = ['AKIA', 'QZ7M2KD5RT3WLB4N'].join('')
const NOTE = 'The customer asked for a call in the afternoon, and for the invoice by post. '.repeat(10)

let ids = 0
const call = (name, args = { note: NOTE }) => message('tools/call', { name, arguments: args })
const message = (method, params = {}) => JSON.stringify({ jsonrpc: '2.0', id: (ids += 1), method, params })

/**
 * @param {{ random: () => number, crowd: { take: () => any }, urls: { good: string, flaky: string }, tally: any }} world
 * @returns {{ act: () => Promise<void>, rest: () => void }} `act`: one thing; `rest`: lets go of its socket
 */
export function createClient({ random, crowd, urls, tally }) {
  const self = { random, crowd, urls, tally, sockets: newSockets(), session: crowd.take(random), mcp: null }
  // Revoked, or its session is over: it goes on as somebody else.
  const changeOver = () => Object.assign(self, { session: crowd.take(random), mcp: null })
  return {
    act: async () => {
      const kind = weighted(random, MIX)
      try {
        if (self.mcp === null) await open(self)
        await ACTS[kind](self)
      } catch (error) {
        if (!(error instanceof AuthorityError)) throw error
        changeOver()
      }
      if (tally.lastStatus(self) === 401) changeOver()
    },
    rest: () => {
      self.sockets.destroy()
      self.sockets = newSockets()
    },
  }
}

const newSockets = () => new Agent({ keepAlive: true, maxSockets: 1 })

const ACTS = {
  plain: (self) => ask(self, { body: call('lookup_order') }),
  stream: (self) => ask(self, { body: call('stream_order') }),
  list: (self) => ask(self, { body: message(pick(self.random, ['tools/list', 'ping'])) }),
  refused: (self) => ask(self, { body: call('lookup_order', { note: `${NOTE} The key is ${KEY}.` }) }),
  failing: (self) => {
    const way = self.random() < 0.005 ? 'silence' : pick(self.random, WAYS)
    return ask(self, { url: self.urls.flaky, body: call('fail', { way }) })
  },
  hangUp: (self) => ask(self, { body: call('stream_order'), manner: 'hang up' }),
  unread: (self) => ask(self, { body: call('flood'), manner: 'leave unread' }),
  replayed: async (self) => {
    const body = call('lookup_order')
    const signed = await self.session.sign({ verb: 'POST', url: self.urls.good, body })
    await ask(self, { body, signed })
    const again = await ask(self, { body, signed, isReplay: true })
    self.tally.replay(again)
  },
  anew: async (self) => {
    await ask(self, { verb: 'DELETE' })
    await open(self)
  },
}

async function open(self) {
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'soak', version: '1' },
  }
  self.mcp = null
  const { headers } = await ask(self, { body: message('initialize', params) })
  if (headers?.['mcp-session-id'] === undefined) return
  self.mcp = { 'mcp-session-id': headers['mcp-session-id'], 'mcp-protocol-version': '2025-06-18' }
  await ask(self, { body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }) })
}

async function ask(self, { url = self.urls.good, isReplay = false, ...what }) {
  // The session is one with the good server; the other one is spoken to without.
  const more = url === self.urls.good && self.mcp !== null ? self.mcp : {}
  const answer = await send(self, { url, more, ...what })
  self.tally.note(self, answer, isReplay)
  return answer
}
