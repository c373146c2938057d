import { createHash, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { cosignNote, rawPublicKey, readAsked, signatureLine, weighGrowth, writeNoteKey } from '@writ/audit'
import type { NoteKey, TreeHead } from '@writ/audit'

/** A witness that keeps what it saw in memory; the rules are those of the one that anybody can run. */
export type TestWitness = {
  readonly key: NoteKey
  readonly line: string
  readonly url: string
  /** the logs that it watches from now on */
  readonly watch: (logs: readonly NoteKey[]) => void
  readonly away: (isAway: boolean) => void
  readonly close: () => Promise<void>
}

export async function startWitness(name = 'witness.example'): Promise<TestWitness> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const key: NoteKey = {
    name,
    type: 'witness',
    publicKey: Buffer.from(rawPublicKey(privateKey), 'base64url'),
  }
  const memory: Memory = new Map()
  let logs: readonly NoteKey[] = []
  let isAway = false
  const server = createServer((asked, answer) => {
    void bodyOf(asked).then((body) => {
      if (isAway) return answer.destroy()
      const isAdding = asked.method === 'POST'
      const { status, text } = isAdding
        ? add({ memory, logs, key, privateKey }, body)
        : lastOf(memory, asked.url ?? '')
      return answer.writeHead(status).end(text)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the witness has no port')
  return {
    key,
    line: writeNoteKey(key),
    url: `http://127.0.0.1:${address.port}`,
    watch: (watched) => void (logs = watched),
    away: (gone) => void (isAway = gone),
    close: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

type Memory = Map<string, TreeHead & { readonly note: string }>
type Said = { readonly status: number; readonly text: string }
type Own = { memory: Memory; logs: readonly NoteKey[]; key: NoteKey; privateKey: KeyObject }

function add({ memory, logs, key, privateKey }: Own, body: string): Said {
  const asked = readAsked(body, logs)
  if ('status' in asked) return { status: asked.status, text: '' }
  const weighed = weighGrowth(asked, memory.get(asked.origin) ?? null)
  if ('status' in weighed)
    return { status: weighed.status, text: weighed.seen === undefined ? '' : `${weighed.seen}\n` }
  memory.set(asked.origin, { ...weighed.checkpoint, note: asked.request.note })
  const atSeconds = Math.floor(Date.now() / 1000)
  return { status: 200, text: signatureLine(cosignNote(weighed.note.text, { key, privateKey }, atSeconds)) }
}

const nameOf = (origin: string) => createHash('sha256').update(origin).digest('hex')

function lastOf(memory: Memory, path: string): Said {
  const origin = [...memory.keys()].find((known) => path === `/logs/${nameOf(known)}/checkpoint`)
  return origin === undefined
    ? { status: 404, text: '' }
    : { status: 200, text: memory.get(origin)?.note ?? '' }
}

async function bodyOf(asked: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of asked) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces).toString('utf8')
}
