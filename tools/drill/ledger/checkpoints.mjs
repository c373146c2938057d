// Every checkpoint that was ever given out, as somebody sees it who asks twice a second.
import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 500

/** @returns `{ of(tenant): { size, root }[], why(): string | null }`; `why`: why there are none */
export function watchCheckpoints({ platform, tenants, running }) {
  const seen = new Map(tenants.map(({ id }) => [id, new Map()]))
  const over = new AbortController()
  let refusal = 'no checkpoint was given out'
  const ask = async ({ id, admin }) => {
    try {
      const said = await admin('GET', 'audit/checkpoint')
      if (said.checkpoint === null) return
      const { size, root } = readNote(said.checkpoint.note)
      seen.get(id).set(`${size} ${root}`, { size, root })
    } catch (error) {
      refusal = `there is no checkpoint: ${error.message.slice(0, 120)}`
    }
  }
  const watching = (async () => {
    while (!over.signal.aborted) {
      await Promise.all(tenants.map(ask))
      await sleep(EVERY_MS, undefined, { signal: over.signal }).catch(() => {})
    }
  })()
  running.add('watch of checkpoints', async () => {
    over.abort()
    await watching
  })
  return {
    now: () => Promise.all(tenants.map(ask)),
    of: ({ id }) => [...seen.get(id).values()],
    why: () => refusal,
    platform,
  }
}

/** The three lines of a checkpoint (C2SP tlog-checkpoint): origin, size, root hash in base64. Read here by hand: an oracle shares no code. */
export function readNote(note) {
  const [, size, root] = note.split('\n')
  if (!/^\d+$/.test(size) || !/^[A-Za-z0-9+/]{43}=$/.test(root))
    throw new Error('the checkpoint is malformed')
  return { size: Number(size), root: Buffer.from(root, 'base64').toString('hex') }
}
