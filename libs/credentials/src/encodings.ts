import { spellingsBehind } from './spellings.ts'

/** A run of bytes that gives a secret away wherever it stands. */
export type Form = {
  readonly bytes: Uint8Array
  /** true: letters of either case are the same; `bytes` are in lower case */
  readonly ignoresCase: boolean
  /** base64 only: the letters at its edges hold bits of the secret too */
  readonly edges: { readonly before: boolean; readonly after: boolean }
}

/** Fewer bytes would be found by chance in ordinary text. */
const LEAST_BYTES = 8

/** Every form of a secret as literal bytes; spellings of single letters (percent, JSON) are undone in the text instead. */
export function formsOf(secret: string): readonly Form[] {
  const plain = distinct(writingsOf(secret).map(literal))
  const written = plain.map((form) => form.bytes)
  const behind = written.flatMap(spellingsBehind).filter(isLong).map(literal)
  const coded = written.filter(isLong).flatMap((bytes) => [...inHex(bytes), ...inBase64(bytes)])
  return [...distinct([...plain, ...behind]), ...coded]
}

/** In UTF-8; in Latin-1, as headers are sent; read as Latin-1 and written in UTF-8; with the spaces of a form field. */
function writingsOf(secret: string): readonly Uint8Array[] {
  const sent = Buffer.from(secret, 'utf8')
  const latin1 = Buffer.from(secret, 'latin1')
  const isLatin1 = latin1.toString('latin1') === secret
  return [
    sent,
    ...(isLatin1 ? [latin1] : []),
    Buffer.from(sent.toString('latin1'), 'utf8'),
    Buffer.from(secret.replaceAll(' ', '+')),
  ]
}

const isLong = (bytes: Uint8Array): boolean => bytes.length >= LEAST_BYTES

const NO_EDGES = { before: false, after: false }

const literal = (bytes: Uint8Array): Form => ({ bytes, ignoresCase: false, edges: NO_EDGES })

/** `6b6579`, `6B:65:79`, `6b 65 79` or `6b-65-79`. */
function inHex(bytes: Uint8Array): readonly Form[] {
  const pairs = Buffer.from(bytes).toString('hex')
  const apart = pairs.replaceAll(/..(?!$)/g, '$&:')
  return [pairs, apart, apart.replaceAll(':', ' '), apart.replaceAll(':', '-')].map((text) => ({
    bytes: Buffer.from(text, 'latin1'),
    ignoresCase: true,
    edges: NO_EDGES,
  }))
}

/** Both alphabets of RFC 4648, at each of the three places where a secret may start within a group of three bytes. */
const inBase64 = (bytes: Uint8Array): readonly Form[] =>
  [0, 1, 2].flatMap((offset) => [base64At(bytes, offset, 'base64'), base64At(bytes, offset, 'base64url')])

/** The letters that depend on the secret alone when it starts `offset` bytes after a multiple of three. */
function base64At(bytes: Uint8Array, offset: number, alphabet: 'base64' | 'base64url'): Form {
  const letters = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString(alphabet)
    .replace(/=+$/, '')
  const isTailShared = (offset + bytes.length) % 3 !== 0
  const own = letters.slice(offset === 0 ? 0 : offset + 1, isTailShared ? -1 : undefined)
  return {
    bytes: Buffer.from(own),
    ignoresCase: false,
    edges: { before: offset !== 0, after: isTailShared },
  }
}

function distinct(forms: readonly Form[]): readonly Form[] {
  const known = new Map(forms.map((form) => [Buffer.from(form.bytes).toString('latin1'), form]))
  return [...known.values()]
}
