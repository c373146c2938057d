import { AuthorityError } from '@writ/identity'
import { Unanswered } from './network.ts'
import type { Profile, StoredProfile } from './profile.ts'
import { amendProfile } from './profile.ts'

/** What the authority said to a request that may begin a session. @property joinSeq what the next one says; null where none was begun */
export type Counted<T> = { readonly answer: T; readonly joinSeq: number | null }
type Begin<T> = (joinSeq: number) => Promise<Counted<T>>

/**
 * Begins a session under its number. The authority counts the sessions of an identity key and takes two copies of it for a theft: who says
 * a number that was used already is locked out. So the processes of one machine take turns, and an answer that was lost costs nothing:
 * before a number is said, the profile says that it may be used up. From then on the highest that the authority may expect is tried first,
 * because what is ahead is refused without harm.
 * @throws what `begin` throws
 */
export const counted = <T>(stored: StoredProfile, begin: Begin<T>): Promise<T> =>
  amendProfile(stored, async (current, write) => {
    const keep = (lowest: number, highest: number): Promise<void> =>
      write(withRange(current, lowest, highest))
    const lowest = current.joinSeq
    for (let said = current.joinSeqAtMost ?? lowest; ; said -= 1) {
      await keep(lowest, said + 1)
      try {
        const { answer, joinSeq } = await begin(said)
        await keep(joinSeq ?? lowest, joinSeq ?? said)
        return answer
      } catch (error) {
        if (isUncounted(error)) await keep(lowest, said)
        if (said === lowest || !isAhead(error)) throw error
      }
    }
  })

function withRange(profile: Profile, lowest: number, highest: number): Profile {
  const { joinSeqAtMost: _before, ...rest } = profile
  return { ...rest, joinSeq: lowest, ...(highest > lowest && { joinSeqAtMost: highest }) }
}

/** RFC 6749 has one code for every grant that does not count; the authority's words say that it is the number. */
const isAhead = (error: unknown): boolean =>
  error instanceof AuthorityError &&
  error.error === 'invalid_grant' &&
  /\bjoin_seq is ahead\b/.test(error.message)

/** A refusal takes everything back, and what was never sent was never counted. Anything else may have been. */
function isUncounted(error: unknown): boolean {
  if (error instanceof AuthorityError) return error.status < 500
  return error instanceof Unanswered && NEVER_SENT.has(error.reason)
}

const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
])
