// The load of a fault drill, a process of its own: agents that prove every call, and a file in which each answered decision is durable before it
// counts. It knows nothing of gateways but their address, and shares no memory with what judges it.
import { randomBytes } from 'node:crypto'
import { closeSync, fsync, openSync, writeSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAgentSession, generateKeyPem, importPrivatePem } from '@writ/identity'

const LIMIT_MS = 20_000
const AGAIN_MS = 50
const FIELDS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'writ-receipt': '1',
}
/** every so many calls, one that a rule forbids */
const FORBIDDEN_EVERY = 10

const state = { isPaused: false, isOver: false, answered: 0, allowed: 0, allowedAtMs: 0 }

process.once('message', (wanted) => void drive(wanted))
process.on('disconnect', () => process.exit(0))

async function drive({ agents, file, callers, name, aSecond }) {
  const journal = openJournal(file)
  process.on('message', ({ told }) => hear(told))
  const ticking = setInterval(() => process.send({ ...state }), 50)
  await Promise.all(
    Array.from({ length: callers }, (_, at) =>
      callOnAndOn(createCaller(agents[at % agents.length]), {
        label: `${name}-${at}`,
        journal,
        everyMs: (1000 * callers) / aSecond,
      }),
    ),
  )
  clearInterval(ticking)
  await journal.close()
  process.send({ ...state, isDone: true })
}

function hear(told) {
  if (told === 'pause') state.isPaused = true
  if (told === 'resume') state.isPaused = false
  if (told === 'stop') state.isOver = true
}

async function callOnAndOn(caller, { label, journal, everyMs }) {
  await sleep(Math.random() * everyMs)
  for (let call = 1; !state.isOver; call += 1) {
    if (state.isPaused) {
      await sleep(AGAIN_MS)
      continue
    }
    const order = `${label}-${call}`
    const startedMs = Date.now()
    const begun = performance.now()
    const answer = await caller(order, call % FORBIDDEN_EVERY === 0 ? 'forbidden' : 'plain')
    const tookMs = performance.now() - begun
    await journal.put({ order, startedMs, tookMs, ...answer })
    if (answer.decision !== undefined) count(answer)
    const isServed = answer.said === 'result' || answer.said === 'denied'
    await sleep(Math.max(isServed ? 0 : AGAIN_MS, begun + everyMs - performance.now()))
  }
}

/** An answer counts when it is whole and its decision is on this process's own disk. */
function count({ said }) {
  state.answered += 1
  if (said !== 'result') return
  state.allowed += 1
  state.allowedAtMs = Date.now()
}

function createCaller({ url, identityPem, ...identity }) {
  const session = createAgentSession({
    ...identity,
    identityKey: importPrivatePem(identityPem),
    sessionKey: generateKeyPem().privateKey,
    ports: { fetch, nowMs: Date.now, randomBytes },
  })
  const sockets = new Agent({ keepAlive: true, maxSockets: 1 })
  const once = async (body) => {
    try {
      const signed = await session.sign({ verb: 'POST', url, body })
      const answer = await send(url, { sockets, body, headers: { ...FIELDS, ...signed } })
      session.noteNonce(url, answer.nonce ?? null)
      return answer
    } catch (error) {
      return { said: `unanswered: ${error.code ?? error.message}` }
    }
  }
  return async (order, way) => {
    const params = { name: 'lookup_order', arguments: { order, way } }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
    const first = await once(body)
    return first.said === 401 && first.nonce ? await once(body) : first
  }
}

function send(url, { sockets, headers, body }) {
  return new Promise((resolve, reject) => {
    const length = Buffer.byteLength(body)
    const sent = request(
      url,
      { method: 'POST', agent: sockets, headers: { ...headers, 'content-length': length } },
      (response) => {
        const chunks = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () =>
          response.complete ? resolve(read(response, chunks)) : reject(new Error('cut off')),
        )
      },
    )
    sent.setTimeout(LIMIT_MS, () => sent.destroy(new Error('no answer in time')))
    sent.once('error', reject)
    sent.end(body)
  })
}

function read({ statusCode, headers }, chunks) {
  const text = Buffer.concat(chunks).toString()
  return {
    said: sayingOf(statusCode, text),
    nonce: headers['dpop-nonce'],
    decision: headers['writ-decision-id'],
    receipt: headers['writ-receipt'],
  }
}

/** `result`, `denied`, the code of another refusal, or the status where there is no message. */
function sayingOf(status, text) {
  if (status === 401) return 401
  try {
    const { result, error } = JSON.parse(text)
    if (result) return 'result'
    return error.code === -31_100 ? 'denied' : error.code
  } catch {
    return status
  }
}

/** Lines that are durable together: what comes while one sync is under way is the next. */
function openJournal(path) {
  const descriptor = openSync(path, 'a', 0o600)
  let waiting = newRound()
  let committing = null
  const commitAll = async () => {
    while (waiting.lines.length > 0) {
      const { lines, settle } = waiting
      waiting = newRound()
      writeSync(descriptor, lines.join(''))
      await new Promise((resolve, reject) =>
        fsync(descriptor, (error) => (error ? reject(error) : resolve())),
      )
      settle()
    }
    committing = null
  }
  const put = (line) => {
    waiting.lines.push(`${JSON.stringify(line)}\n`)
    const { settled } = waiting
    committing ??= commitAll()
    return settled
  }
  return {
    put,
    close: async () => {
      await committing
      closeSync(descriptor)
    },
  }
}

function newRound() {
  let settle
  const settled = new Promise((resolve) => {
    settle = resolve
  })
  return { lines: [], settle, settled }
}
