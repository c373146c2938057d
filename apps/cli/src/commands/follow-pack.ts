import { setTimeout as pause } from 'node:timers/promises'
import { PackView } from '@writ/contracts'
import type { ApiAccess } from '../api.ts'
import { callApi, isPassing } from '../api.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'

/** Soon at first, since most packs are small. */
const FIRST_LOOK_MS = 50
const LOOK_MS = 1000
/** The control plane may be replaced meanwhile. */
const PATIENCE_MS = 5 * 60_000
const LONGEST_REST_MS = 10_000

/**
 * Looks how far a pack is until it is done. Failures that pass are waited out.
 * @param patienceMs longest time without an answer
 * @throws Failure when it cannot be made, or nobody answers for too long
 */
export async function followPack(
  access: ApiAccess,
  asked: PackView,
  terminal: Pick<Terminal, 'json' | 'note'>,
  patienceMs = PATIENCE_MS,
): Promise<PackView> {
  let pack = asked
  let told = ''
  let lookMs = FIRST_LOOK_MS
  const tell = (text: string): void => {
    if (text !== told && !terminal.json) terminal.note(text)
    told = text
  }
  while (pack.state === 'waiting' || pack.state === 'making') {
    tell(stepOf(pack))
    await pause(lookMs)
    lookMs = Math.min(LOOK_MS, 2 * lookMs)
    pack = await look(access, pack, { tell, patienceMs })
  }
  if (pack.state === 'done') return pack
  throw new Failure(
    `no pack was made: ${pack.failure ?? `it is ${pack.state}`}`,
    'Ask for another range, or ask again.',
    EXIT.no,
  )
}

/** Rests a little longer after each failure. */
async function look(
  access: ApiAccess,
  { id }: PackView,
  { tell, patienceMs }: { readonly tell: (text: string) => void; readonly patienceMs: number },
): Promise<PackView> {
  const deadlineMs = Date.now() + patienceMs
  for (let restMs = FIRST_LOOK_MS; ; restMs = Math.min(LONGEST_REST_MS, 2 * restMs)) {
    try {
      return await callApi(access, `audit/packs/${id}`, PackView)
    } catch (error) {
      if (!isPassing(error) || Date.now() + restMs > deadlineMs) throw error
      tell(`no answer about ${id} for now; it is asked for again`)
    }
    await pause(restMs)
  }
}

/** In tenths, so that a long one says something now and then. */
function stepOf({ id, state, progress }: PackView): string {
  if (progress === null)
    return state === 'waiting' ? `${id} waits for its turn, and for the log to be signed` : `${id} is begun`
  const { step, done, total } = progress
  return total === null || total === 0
    ? step
    : `${step}: ${Math.floor((10 * done) / total) * 10} % of ${total}`
}
