import { Refusal } from '@writ/contracts'
import { errorAnswer } from '@writ/mcp'
import type { Child, Program } from './child.ts'
import { startChild } from './child.ts'
import type { Envelope } from './envelope.ts'
import { envelopeIn, keyOf } from './envelope.ts'
import type { Reply } from './reply.ts'

/** One session of the 2025 era: one server of its own. */
export type Session = {
  /** a request of the client; its answer, and what the server says meanwhile, goes into the reply */
  readonly ask: (text: string, id: string | number, reply: Reply) => Promise<void>
  /** anything that nobody answers; false once the server has ended */
  readonly say: (text: string) => Promise<boolean>
  /** the stream on which the server speaks first; false where there is one already */
  readonly listen: (reply: Reply) => boolean
  /** grows with every use */
  readonly uses: () => number
  /** nothing is under way, and nobody listens */
  readonly isIdle: () => boolean
  readonly end: () => Promise<void>
  readonly ended: Promise<string>
}

/** Messages that wait for somebody to tell them to, and their characters. */
const MOST_WAITING = 100
const MOST_CHARACTERS = 4 * 1024 * 1024

export const createSession = (program: Program): Session => new StdioSession(program)

class StdioSession implements Session {
  readonly ended: Promise<string>
  readonly #child: Child
  readonly #program: Program
  readonly #open = new Map<string, Reply>()
  /** the request that a progress token belongs to */
  readonly #tokens = new Map<string, string>()
  readonly #waiting: string[] = []
  #waitingSize = 0
  #listener: Reply | null = null
  #uses = 0

  constructor(program: Program) {
    this.#program = program
    this.#child = startChild(program, (line) => this.#hear(line))
    this.ended = this.#child.ended.then((reason) => this.#leave(reason))
  }

  async ask(text: string, id: string | number, reply: Reply): Promise<void> {
    this.#uses += 1
    const key = keyOf(id)
    if (this.#open.has(key)) return reply.answer(errorText(id, UNDER_WAY), 400)
    this.#open.set(key, reply)
    const token = tokenIn(text)
    if (token !== null) this.#tokens.set(token, key)
    void reply.over.then(() => this.#forget(key, token))
    this.#flush()
    if (!(await this.#child.write(text))) reply.answer(errorText(id, new Refusal('session_unknown')), 404)
  }

  say(text: string): Promise<boolean> {
    this.#uses += 1
    const message = envelopeIn(text)
    // Whoever cancels waits for no answer, and the server gives none.
    if (message?.method === 'notifications/cancelled')
      this.#open.get(keyOf(message.params['requestId']))?.close()
    return this.#child.write(text)
  }

  listen(reply: Reply): boolean {
    if (this.#listener !== null) return false
    this.#uses += 1
    this.#listener = reply
    void reply.over.then(() => (this.#listener = null))
    this.#flush()
    return true
  }

  uses = (): number => this.#uses
  isIdle = (): boolean => this.#open.size === 0 && this.#listener === null
  end = (): Promise<void> => this.#child.end()

  #hear(line: string): void {
    const message = envelopeIn(line)
    if (message === null) this.#program.note(`no message: ${line.slice(0, 200)}`)
    else if (message.method === null) this.#answer(line, message)
    else this.#tell(line, message)
  }

  #answer(line: string, { id }: Envelope): void {
    const key = keyOf(id)
    this.#open.get(key)?.answer(line)
    this.#open.delete(key)
  }

  #tell(line: string, message: Envelope): void {
    if (this.#listenersOf(message).some((reply) => reply.tell(line))) return
    this.#waiting.push(line)
    this.#waitingSize += line.length
    while (this.#waiting.length > MOST_WAITING || this.#waitingSize > MOST_CHARACTERS)
      this.#waitingSize -= this.#waiting.shift()?.length ?? 0
  }

  /** Over a pipe nothing says which request a message belongs to, but its progress token, or that there is one request only. */
  #listenersOf({ method, params }: Envelope): readonly Reply[] {
    const replies = [...this.#open.values()]
    const key =
      method === 'notifications/progress' ? this.#tokens.get(keyOf(params['progressToken'])) : undefined
    const own = key === undefined ? undefined : this.#open.get(key)
    if (own) return [own]
    const listening = this.#listener === null ? [] : [this.#listener]
    const isNews = method?.endsWith('changed') === true || method?.endsWith('updated') === true
    return isNews || replies.length > 1 ? [...listening, ...replies.toReversed()] : [...replies, ...listening]
  }

  #flush(): void {
    this.#waitingSize = 0
    for (const line of this.#waiting.splice(0)) {
      const message = envelopeIn(line)
      if (message) this.#tell(line, message)
    }
  }

  #forget(key: string, token: string | null): void {
    this.#open.delete(key)
    if (token !== null) this.#tokens.delete(token)
  }

  #leave(reason: string): string {
    const refusal = new Refusal('upstream_unreachable', reason)
    for (const [key, reply] of this.#open) reply.answer(errorText(JSON.parse(key), refusal))
    this.#listener?.close()
    return reason
  }
}

const UNDER_WAY = new Refusal('message_ambiguous', 'a request with this id is under way')

function tokenIn(text: string): string | null {
  const meta = envelopeIn(text)?.params['_meta']
  const token =
    typeof meta === 'object' && meta !== null && 'progressToken' in meta ? meta.progressToken : undefined
  return token === undefined ? null : keyOf(token)
}

const errorText = (id: string | number, refusal: Refusal): string =>
  Buffer.from(errorAnswer(id, refusal)).toString()
