/** What the first bytes of a connection are. `partly`: more are needed to say. */
export type FirstBytes =
  | { readonly kind: 'hello'; readonly serverName: string | null }
  | { readonly kind: 'partly' }
  | { readonly kind: 'opaque' }

const HANDSHAKE = 22
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const MAX_HELLO_BYTES = 1 << 16

/** Reads the server name of a TLS ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3), which may come in several records. Never throws. */
export function readFirstBytes(bytes: Uint8Array): FirstBytes {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const handshake = handshakeIn(buffer)
  if (handshake === 'opaque' || handshake === 'partly') return { kind: handshake }
  try {
    return { kind: 'hello', serverName: serverNameOf(handshake) }
  } catch {
    return { kind: 'opaque' }
  }
}

// The handshake message, out of as many records as it takes.
function handshakeIn(buffer: Buffer): Buffer | 'partly' | 'opaque' {
  let gathered = Buffer.alloc(0)
  for (let left = buffer; ;) {
    const length = helloLength(gathered)
    if (length === 'opaque') return 'opaque'
    if (gathered.length >= length) return gathered.subarray(4, length)
    const content = recordIn(left)
    if (typeof content === 'string') return content
    gathered = Buffer.concat([gathered, content])
    left = left.subarray(RECORD_HEAD + content.length)
  }
}

const RECORD_HEAD = 5

/** Of the message with its head, as far as is known. */
function helloLength(gathered: Buffer): number | 'opaque' {
  if (gathered.length > 0 && gathered[0] !== CLIENT_HELLO) return 'opaque'
  const length = gathered.length < 4 ? 4 : 4 + gathered.readUIntBE(1, 3)
  return length > MAX_HELLO_BYTES ? 'opaque' : gathered.length < 4 ? Number.POSITIVE_INFINITY : length
}

function recordIn(left: Buffer): Buffer | 'partly' | 'opaque' {
  const isOther = (left.length > 0 && left[0] !== HANDSHAKE) || (left.length > 1 && left[1] !== 3)
  if (isOther) return 'opaque'
  if (left.length < RECORD_HEAD) return 'partly'
  const length = left.readUInt16BE(3)
  if (length === 0) return 'opaque'
  return left.length < RECORD_HEAD + length ? 'partly' : left.subarray(RECORD_HEAD, RECORD_HEAD + length)
}

function serverNameOf(hello: Buffer): string | null {
  let at = 2 + 32
  at += 1 + hello.readUInt8(at)
  at += 2 + hello.readUInt16BE(at)
  at += 1 + hello.readUInt8(at)
  if (at === hello.length) return null
  const end = at + 2 + hello.readUInt16BE(at)
  for (at += 2; at < end;) {
    const [type, length] = [hello.readUInt16BE(at), hello.readUInt16BE(at + 2)]
    if (type === SERVER_NAME) return nameIn(hello.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return null
}

// A list with one host name in it; anything else is nobody's TLS client.
function nameIn(list: Buffer): string {
  const length = list.readUInt16BE(3)
  if (list.readUInt16BE(0) !== list.length - 2 || list[2] !== 0 || length !== list.length - 5)
    throw new RangeError()
  return list.toString('latin1', 5)
}
