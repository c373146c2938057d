import { createSocket } from 'node:dgram'

/** A name server on loopback that knows TXT records and nothing else (RFC 1035 §4). */
export type NameServer = {
  /** `address:port` */
  readonly address: string
  /** by lower-case name; each record is a list of strings of up to 255 bytes */
  readonly records: Map<string, string[][]>
  readonly asked: string[]
  /** when true it says that it failed */
  isBroken: boolean
  /** when true it hears what it is asked, and says nothing */
  isSilent: boolean
  readonly close: () => Promise<void>
}

const TXT = 16
const [NO_ERROR, SERVER_FAILURE, NAME_ERROR] = [0, 2, 3]

export async function givenNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const server: NameServer = {
    address: `127.0.0.1:${socket.address().port}`,
    records: new Map(),
    asked: [],
    isBroken: false,
    isSilent: false,
    close: () => new Promise((resolve) => void socket.close(() => resolve())),
  }
  socket.on('message', (query, { port, address }) => {
    const answer = answerTo(query, server)
    if (!server.isSilent) socket.send(answer, port, address)
  })
  return server
}

function answerTo(query: Buffer, { records, asked, isBroken }: NameServer): Buffer {
  const { name, end } = questionOf(query)
  asked.push(name)
  const found = records.get(name)
  const answers = isBroken ? [] : (found ?? []).map(answerOf)
  const code = isBroken ? SERVER_FAILURE : found ? NO_ERROR : NAME_ERROR
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(0x8180 | code, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(answers.length, 6)
  return Buffer.concat([header, query.subarray(12, end), ...answers])
}

function questionOf(query: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.subarray(at + 1, at + 1 + length).toString('latin1'))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5 }
}

/** Its name is the one of the question. */
function answerOf(strings: readonly string[]): Buffer {
  const texts = strings.map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]))
  const data = Buffer.concat(texts)
  const fixed = Buffer.alloc(12)
  fixed.writeUInt16BE(0xc00c, 0)
  fixed.writeUInt16BE(TXT, 2)
  fixed.writeUInt16BE(1, 4)
  fixed.writeUInt16BE(data.length, 10)
  return Buffer.concat([fixed, data])
}
