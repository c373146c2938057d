import { createHash } from 'node:crypto'
import { isRefusal, Refusal } from '@writ/contracts'
import { errorAnswer, eventOf, readMessage, StreamRefused } from '@writ/mcp'
import type { Frame, StreamEvent, UpstreamAnswer } from '../stages.ts'
import { inTurns } from './in-turns.ts'
import type { Bench } from './judge-message.ts'
import { judgedMessage, unread } from './judge-message.ts'
import { withLulls } from './lulls.ts'
import type { LullPorts } from './lulls.ts'
import { refusalData } from './refuse.ts'
import { stillAllowed } from './standing.ts'
import type { StandingPorts } from './standing.ts'

/** The events of a stream, each judged under the bundle of its moment. The answer to the call is the last one. */
export async function* judgedFrames(
  answer: UpstreamAnswer & { readonly kind: 'stream' },
  opening: Bench,
  ports: StandingPorts & LullPorts,
): AsyncGenerator<Frame> {
  const digest = createHash('sha256')
  let sizeBytes = 0
  try {
    for await (const event of withLulls(answer.events, ports)) {
      if (event !== null) digest.update(event.bytes)
      sizeBytes += event?.bytes.length ?? 0
      const frame = await frameOf(event, opening, ports)
      if (frame === null) continue
      // A comment, an id or an event name can echo the credential as well as the data can.
      const bytes = await inTurns(opening.scrubber.bytes(frame.bytes), ports)
      if (frame.endsCall) seal()
      yield { bytes, endsCall: frame.endsCall }
      if (frame.endsCall) return
    }
  } catch (error) {
    if (!(error instanceof StreamRefused)) throw error
    yield refusedEvent(error.refusal, NOTHING, opening)
  } finally {
    answer.stop()
    seal()
  }

  function seal(): void {
    opening.entry.response ??= { status: answer.status, sha256: digest.digest('hex'), sizeBytes }
  }
}

const NOTHING = new Uint8Array()

/** An event as it may pass now; null where there was none and the stream may go on. */
async function frameOf(
  event: StreamEvent | null,
  opening: Bench,
  ports: StandingPorts,
): Promise<Frame | null> {
  const allowed = await stillAllowed(opening.allowed, ports)
  if (isRefusal(allowed)) return refusedEvent(allowed, NOTHING, opening)
  return event === null ? null : judgedEvent(event, { ...opening, allowed })
}

async function judgedEvent(event: StreamEvent, bench: Bench): Promise<Frame> {
  const plain = await inTurns(plainly(event), bench.ports)
  if (isRefusal(plain)) return refusedEvent(plain, NOTHING, bench)
  if (plain.data === null || plain.data === '') return { bytes: plain.bytes, endsCall: false }
  const original = new TextEncoder().encode(plain.data)
  const message = readMessage(original, bench.limits)
  if (isRefusal(message)) return refusedEvent(unread(message), plain.bytes, bench)
  const judged = await judgedMessage(message, original, bench)
  const endsCall = message.kind === 'response' && bench.allowed.message.kind === 'request'
  if (!isRefusal(judged))
    return { bytes: judged === original ? plain.bytes : eventOf(judged, plain.bytes), endsCall }
  return endsCall ? refusedEvent(judged, plain.bytes, bench) : { bytes: WITHHELD, endsCall: false }
}

const WITHHELD = new TextEncoder().encode(': withheld by policy\n\n')

/** Characters that some readers of event streams take for the end of a line, and the standard does not. */
const OTHER_LINE_ENDS = ['\v', '\f', '\u001C', '\u001D', '\u001E', '\u0085', '\u2028', '\u2029']

const hasOtherLineEnd = (text: string): boolean =>
  OTHER_LINE_ENDS.some((character) => text.includes(character))

/** The event as every reader splits it: inside JSON such a character can be escaped, elsewhere it has no business. */
function* plainly(event: StreamEvent): Generator<void, StreamEvent | Refusal> {
  if (!hasOtherLineEnd(new TextDecoder().decode(event.bytes))) return event
  if (event.data === null) return new Refusal('upstream_malformed')
  const pieces: string[] = []
  for (let at = 0; at < event.data.length; at += PIECE) {
    if (at > 0) yield
    pieces.push(withoutOtherLineEnds(event.data.slice(at, at + PIECE)))
  }
  const data = pieces.join('')
  const bytes = eventOf(new TextEncoder().encode(data), event.bytes)
  return hasOtherLineEnd(new TextDecoder().decode(bytes))
    ? new Refusal('upstream_malformed')
    : { bytes, data }
}

/** So much of an event is rewritten in one slice, in UTF-16 code units. */
const PIECE = 65_536

const withoutOtherLineEnds = (text: string): string =>
  OTHER_LINE_ENDS.reduce((left, character) => left.replaceAll(character, escaped(character)), text)

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** The call ends here with an error of ours in the place of the upstream's answer. */
function refusedEvent(refusal: Refusal, like: Uint8Array, { allowed, entry }: Bench): Frame {
  entry.refusal = refusal
  const answer = errorAnswer(allowed.message.id, refusal, refusalData(refusal, entry))
  return { bytes: eventOf(answer, like), endsCall: true }
}
