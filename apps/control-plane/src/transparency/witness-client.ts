import { createHash } from 'node:crypto'
import { readSignatureLine, signersOf, writeWitnessRequest } from '@writ/audit'
import type { Hash, Note, NoteSignature } from '@writ/audit'
import type { WitnessPlace } from './places.ts'

const TIMEOUT_MS = 5000
const MAX_ANSWER_CHARS = 64 * 1024

/** What a witness is asked: to cosign a note. `proofFrom` proves that it continues what the witness saw, which had that many leaves. */
export type CosigningRequest = {
  readonly note: Note
  readonly source: string
  readonly size: number
  readonly lastSeen: number
  readonly proofFrom: (size: number) => Promise<readonly Hash[]>
}

/** `away`: it did not answer as a witness does; `disputed`: it says that it saw another history. */
export type Cosigning =
  | { readonly kind: 'cosigned'; readonly signatures: readonly NoteSignature[] }
  | { readonly kind: 'away' | 'disputed'; readonly detail: string }

/** Asks by C2SP tlog-witness; a witness that saw another size than thought of is asked once more, from that size. */
export async function cosign(place: WitnessPlace, request: CosigningRequest): Promise<Cosigning> {
  try {
    const first = await attempt(place, request, request.lastSeen)
    return typeof first === 'number' ? await again(place, request, first) : first
  } catch {
    return { kind: 'away', detail: 'it did not answer' }
  }
}

/** A note; null where the witness does not say; `away` where it does not answer. */
export type LastSeen = (string & {}) | 'away' | null

/** The newest checkpoint of a log that a witness cosigned, as a note; null when it does not say: the protocol does not ask it to. */
export async function lastSeenBy(place: WitnessPlace, origin: string): Promise<LastSeen> {
  const log = createHash('sha256').update(origin).digest('hex')
  try {
    const answer = await fetch(`${place.url}/logs/${log}/checkpoint`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    })
    const text = await textOf(answer)
    return answer.status === 200 ? text : null
  } catch {
    return 'away'
  }
}

async function again(place: WitnessPlace, request: CosigningRequest, seen: number): Promise<Cosigning> {
  if (seen > request.size) return { kind: 'disputed', detail: `it says that it saw ${seen} leaves` }
  const second = await attempt(place, request, seen)
  return typeof second === 'number'
    ? { kind: 'disputed', detail: `it says that it saw ${second} leaves` }
    : second
}

/** @returns the size that the witness says it saw, where that is not the one it was told */
async function attempt(
  place: WitnessPlace,
  request: CosigningRequest,
  from: number,
): Promise<Cosigning | number> {
  const proof = await request.proofFrom(from)
  const answer = await fetch(`${place.url}/add-checkpoint`, {
    method: 'POST',
    body: writeWitnessRequest({ oldSize: from, proof, note: request.source }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
    redirect: 'error',
  })
  const text = await textOf(answer)
  if (answer.status === 200) return cosigned(place, request.note, text)
  const seen = answer.status === 409 && /^\d{1,15}\n$/.test(text) ? Number(text) : null
  if (seen !== null && seen !== from) return seen
  if (answer.status === 409 || answer.status === 422)
    return { kind: 'disputed', detail: `it finds no growth from ${from} leaves: ${answer.status}` }
  return { kind: 'away', detail: `it answered ${answer.status}` }
}

/** Only signatures that hold, of the key that is configured. */
function cosigned({ key }: WitnessPlace, { text }: Note, answer: string): Cosigning {
  const signatures = answer
    .split('\n')
    .flatMap((line) => readSignatureLine(line) ?? [])
    .filter((signature) => signersOf({ text, signatures: [signature] }, [key])?.length === 1)
  return signatures.length > 0
    ? { kind: 'cosigned', signatures: signatures.slice(0, 1) }
    : { kind: 'away', detail: 'its answer has no cosignature that holds' }
}

async function textOf(answer: Response): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const piece of answer.body ?? []) {
    text += decoder.decode(piece, { stream: true })
    if (text.length > MAX_ANSWER_CHARS) throw new Error('the answer is too long')
  }
  return text
}
