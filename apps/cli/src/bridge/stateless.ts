import { Refusal } from '@writ/contracts'
import { edited, errorAnswer, spanAt, spansOf, textIn } from '@writ/mcp'
import type { Edit } from '@writ/mcp'
import type { Child, Program } from './child.ts'
import { startChild } from './child.ts'
import type { Envelope } from './envelope.ts'
import { envelopeIn } from './envelope.ts'
import type { Reply } from './reply.ts'

/** One server for all requests of the 2026 era, each of which says everything itself. */
export type Stateless = {
  /** a request; its answer, and what the server says about it, goes into the reply */
  readonly ask: (text: string, reply: Reply) => Promise<void>
  /** grows with every use */
  readonly uses: () => number
  readonly isIdle: () => boolean
  readonly end: () => Promise<void>
  readonly ended: Promise<string>
}

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId'
const PATIENCE_MS = 15_000

/** `older`: it said that it has no such request. `silent`: it said nothing, or ended. */
export type Opened =
  | { readonly kind: 'open'; readonly server: Stateless }
  | { readonly kind: 'older' | 'silent' }

/** Starts the server and asks it what it speaks. */
export async function openStateless(program: Program): Promise<Opened> {
  const server = new StdioServer(program)
  const kind = await eraOf(server)
  if (kind === 'open') return { kind, server }
  await server.end()
  return { kind }
}

function eraOf(server: Stateless): Promise<Opened['kind']> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve('silent'), PATIENCE_MS)
    void server.ended.then(() => resolve('silent'))
    const over = new Promise<'answered'>(() => undefined)
    const answer = (text: string) => {
      clearTimeout(late)
      resolve(envelopeIn(text)?.code === null ? 'open' : 'older')
    }
    void server.ask(PROBE, { over, answer, tell: () => true, close: () => undefined })
  })
}

const PROBE = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'server/discover',
  params: {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'writ-bridge', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
})

type Asked = { readonly reply: Reply; readonly id: string; readonly token: string | null }

class StdioServer implements Stateless {
  readonly ended: Promise<string>
  readonly #child: Child
  readonly #program: Program
  readonly #open = new Map<number, Asked>()
  #last = 0

  constructor(program: Program) {
    this.#program = program
    this.#child = startChild(program, (line) => this.#hear(line))
    this.ended = this.#child.ended.then((reason) => this.#leave(reason))
  }

  async ask(text: string, reply: Reply): Promise<void> {
    this.#last += 1
    const [number, root] = [this.#last, spansOf(text)]
    const [id, token] = [spanAt(root, 'id'), spanAt(root, 'params', '_meta', 'progressToken')]
    if (id === undefined) return reply.close()
    const asked = { reply, id: textIn(text, id), token: token === undefined ? null : textIn(text, token) }
    this.#open.set(number, asked)
    void reply.over.then((how) => (how === 'gone' ? this.#cancel(number) : undefined))
    const own = [id, ...(token === undefined ? [] : [token])].map((at): Edit => ({
      at,
      text: String(number),
    }))
    if (!(await this.#child.write(edited(text, own)))) reply.answer(errorText(asked.id, ENDED))
  }

  uses = (): number => this.#last
  isIdle = (): boolean => this.#open.size === 0
  end = (): Promise<void> => this.#child.end()

  #hear(line: string): void {
    const message = envelopeIn(line)
    if (message === null) this.#program.note(`no message: ${line.slice(0, 200)}`)
    else if (message.method === null) this.#answer(line, message)
    else this.#tell(line, message)
  }

  #answer(line: string, { id, code }: Envelope): void {
    const asked = typeof id === 'number' ? this.#open.get(id) : undefined
    if (asked === undefined || typeof id !== 'number') return
    this.#open.delete(id)
    asked.reply.answer(namedFor(asked, line), code === null ? 200 : (STATUSES.get(code) ?? 200))
  }

  /** What names no request is told to nobody: it may be about that of another agent. */
  #tell(line: string, message: Envelope): void {
    const number = numberIn(message)
    const asked = number === null ? undefined : this.#open.get(number)
    asked?.reply.tell(namedFor(asked, line))
  }

  /** In this era a client cancels by hanging up. */
  #cancel(number: number): void {
    if (!this.#open.delete(number)) return
    const params = { requestId: number, reason: 'the client hung up' }
    void this.#child.write(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }))
  }

  #leave(reason: string): string {
    const refusal = new Refusal('upstream_unreachable', reason)
    for (const { reply, id } of this.#open.values()) reply.answer(errorText(id, refusal))
    this.#open.clear()
    return reason
  }
}

const ENDED = new Refusal('upstream_unreachable', 'the server has ended')

/** HTTP says some errors twice (2026-07-28, Streamable HTTP). */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [-32_601, 404],
  [-32_020, 400],
  [-32_021, 400],
  [-32_022, 400],
])

/** The request that a notification names: by its progress token, or by its subscription. */
function numberIn({ method, params }: Envelope): number | null {
  const { progressToken, _meta: meta } = params
  const number =
    method === 'notifications/progress'
      ? progressToken
      : typeof meta === 'object' && meta !== null && SUBSCRIPTION in meta
        ? meta[SUBSCRIPTION]
        : undefined
  if (number === undefined) return null
  return typeof number === 'number' ? number : Number.NaN
}

/** A message of the server under the ids and tokens of the client that it is for. */
function namedFor({ id, token }: Asked, line: string): string {
  const root = spansOf(line)
  const edits: Edit[] = []
  const put = (text: string | null, ...path: readonly string[]) => {
    const at = spanAt(root, ...path)
    if (at !== undefined && text !== null) edits.push({ at, text })
  }
  put(id, 'id')
  put(token, 'params', 'progressToken')
  put(id, 'params', '_meta', SUBSCRIPTION)
  put(id, 'result', '_meta', SUBSCRIPTION)
  return edited(line, edits)
}

const errorText = (id: string, refusal: Refusal): string =>
  Buffer.from(errorAnswer(JSON.parse(id), refusal)).toString()
