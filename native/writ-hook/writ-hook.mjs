// The hook client where there is no compiler: what writ-hook.c does, said in JavaScript (docs/hook-protocol.md).
// It costs the start of node for every action, and it cannot ask the kernel who answers: it rests on who owns the socket's file.
import { lstatSync, writeSync } from 'node:fs'
import { createConnection } from 'node:net'
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'

const CLIENTS = [] /* put in when it is built */
const OWNER = null /* the uid that the daemon has, put in when it is built for one */

const MOST_FRAME = 8 * 1024 * 1024
const LENGTH = 4
const REPLY_HEAD = 1 + LENGTH
const DEADLINE_MS = 2000
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2', 'SIGXCPU', 'SIGVTALRM']

class Fault extends Error {}

let asking, observes
try {
  const { values, positionals } = argumentsOf(process.argv.slice(2))
  asking = positionals.length === 1 ? CLIENTS.find(({ name }) => name === positionals[0]) : undefined
  observes = values.observe && asking !== undefined
  guard()
  if (asking === undefined) giveUp('usage: writ-hook [--observe] [--socket PATH] CLIENT')
  const event = await readEvent()
  answer(await exchange(socketPath(values.socket), event))
} catch (fault) {
  giveUp(fault instanceof Fault ? fault.message : 'the hook client failed')
}

function argumentsOf(args) {
  try {
    const options = { observe: { type: 'boolean', default: false }, socket: { type: 'string' } }
    return parseArgs({ args, allowPositionals: true, options })
  } catch {
    return { values: {}, positionals: [] }
  }
}

function guard() {
  setTimeout(() => giveUp('the daemon did not answer in time'), Math.max(DEADLINE_MS - performance.now(), 0))
  for (const signal of SIGNALS) process.on(signal, () => giveUp('stopped by a signal before the answer'))
  process.on('uncaughtException', () => giveUp('the hook client failed'))
}

/** Exits at once, with what a client takes for a deny. */
function giveUp(why) {
  put(2, `${observes ? 'writ-hook (observing, not enforced)' : 'writ-hook'}: ${why}\n`)
  const misused = '{"decision":"block","reason":"writ-hook: misused"}'
  put(1, asking === undefined ? misused : observes ? asking.pass : asking.deny)
  process.exit(observes ? 0 : 2)
}

async function readEvent() {
  const head = Buffer.from(`${asking.name}\n`)
  const chunks = []
  let length = head.length
  for await (const chunk of process.stdin) {
    length += chunk.length
    if (length <= MOST_FRAME) chunks.push(chunk)
  }
  if (length > MOST_FRAME) throw new Fault('the event is larger than 8 MiB')
  const stated = Buffer.alloc(LENGTH)
  stated.writeUInt32BE(length)
  return Buffer.concat([stated, head, ...chunks])
}

function socketPath(given) {
  const { XDG_RUNTIME_DIR: runtime, WRIT_HOOK_SOCKET: named } = process.env
  const path =
    given || named || (runtime ? `${runtime}/writ/hook.sock` : `${userInfo().homedir}/.writ/hook.sock`)
  if (!path.startsWith('/')) throw new Fault("the path of the daemon's socket is not absolute")
  return path
}

/** All that the daemon sends until it closes. */
function exchange(path, event) {
  checkOwner(path)
  return new Promise((resolve, reject) => {
    const chunks = []
    let length = 0
    const daemon = createConnection({ path, allowHalfOpen: true }, () => daemon.end(event))
    daemon.on('data', (chunk) => {
      length += chunk.length
      if (length > LENGTH + MOST_FRAME) reject(new Fault("the daemon's answer has a wrong length"))
      else chunks.push(chunk)
    })
    daemon.on('end', () => resolve(Buffer.concat(chunks)))
    daemon.on('error', () => reject(new Fault('the daemon is not running, or went away')))
  })
}

function checkOwner(path) {
  const file = lstatSync(path, { throwIfNoEntry: false })
  if (file === undefined) throw new Fault('the daemon is not running (there is no socket)')
  if (!file.isSocket()) throw new Fault("where the daemon's socket should be is something else")
  if (file.uid !== 0 && file.uid !== (OWNER ?? process.geteuid()))
    throw new Fault("the daemon's socket belongs to another user")
}

function answer(frame) {
  const { code, out, err } = partsOf(frame)
  if (code !== 0 && code !== 2) throw new Fault("the daemon's answer has an unknown exit code")
  if (code === 2 && err.every((byte) => byte <= 0x20)) throw new Fault('the daemon denied without a reason')
  if (!isJsonObject(out)) throw new Fault("the daemon's answer is not JSON")
  put(2, err)
  if (!put(1, out) && code === 0) giveUp('nobody reads the answer')
  process.exit(code)
}

function partsOf(frame) {
  if (frame.length < LENGTH) throw new Fault('the daemon did not answer')
  const body = frame.subarray(LENGTH)
  const end = body.length < REPLY_HEAD ? Infinity : REPLY_HEAD + body.readUInt32BE(1)
  if (body.length !== frame.readUInt32BE(0) || end > body.length)
    throw new Fault("the daemon's answer has a wrong length")
  return { code: body[0], out: body.subarray(REPLY_HEAD, end), err: body.subarray(end) }
}

function isJsonObject(bytes) {
  try {
    const value = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

/** False: the reader is gone. */
function put(to, text) {
  let left = Buffer.from(text)
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(to, left))
    } catch (fault) {
      if (fault.code !== 'EAGAIN') return false
    }
  }
  return true
}
