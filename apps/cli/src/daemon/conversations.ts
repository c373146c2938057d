import { z } from 'zod'

/** A client that was killed never says that its conversation is over. */
const FORGOTTEN_MS = 12 * 3_600_000
const MOST = 1000
const KEEP_EVERY_MS = 60_000

/** What is remembered of a conversation. @property root the directory in which it began */
const Open = z.strictObject({ root: z.string().nullable(), seenAtMs: z.number() })
type Open = z.infer<typeof Open>
const Kept = z.array(z.tuple([z.string(), Open]))

/** How they outlive a restart: an agent that ends the daemon has not ended its conversation. */
export type ConversationFile = {
  readonly read: () => Promise<string | null>
  readonly write: (text: string) => Promise<void>
}

export type Conversations = {
  /** @returns whether no other conversation is open: then a session begins */
  readonly began: (name: string, cwd: string | null) => boolean
  /** Something happened in it. @returns the directory in which it began, where that is known */
  readonly seen: (name: string, cwd: string | null) => string | null
  readonly ended: (name: string) => void
  readonly count: () => number
  /** what is remembered is on disk */
  readonly settled: () => Promise<void>
}

/**
 * The conversations of this device that go on. While one does, what begins beside it belongs to the same session: an agent that starts
 * another one does not get rid of what its own session has seen.
 */
export async function openConversations(
  file: ConversationFile | null,
  nowMs: () => number,
): Promise<Conversations> {
  const open = new Map(keptIn((await file?.read()) ?? null))
  let writing: Promise<void> = Promise.resolve()
  const keep = (): void => {
    const text = JSON.stringify([...open])
    // What is not on disk is forgotten by a restart, and no worse: the next conversation then begins a session too early.
    writing = writing.then(() => file?.write(text)).catch(() => {})
  }
  const forget = (): void => {
    for (const [name, { seenAtMs }] of open) if (nowMs() - seenAtMs > FORGOTTEN_MS) open.delete(name)
  }
  const see = (name: string, cwd: string | null): Open => {
    const known = open.get(name)
    const isOld = known === undefined || nowMs() - known.seenAtMs > KEEP_EVERY_MS
    const now = { root: known?.root ?? cwd, seenAtMs: nowMs() }
    open.delete(name)
    open.set(name, now)
    for (const oldest of open.keys()) {
      if (open.size <= MOST) break
      open.delete(oldest)
    }
    if (isOld) keep()
    return now
  }
  return {
    began: (name, cwd) => {
      forget()
      const isAlone = open.size === 0
      see(name, cwd)
      return isAlone
    },
    seen: (name, cwd) => see(name, cwd).root,
    ended: (name) => {
      open.delete(name)
      keep()
    },
    settled: () => writing,
    count: () => {
      forget()
      return open.size
    },
  }
}

/** A file that was damaged remembers nothing. */
function keptIn(text: string | null): readonly (readonly [string, Open])[] {
  try {
    return Kept.parse(JSON.parse(text ?? '[]'))
  } catch {
    return []
  }
}
