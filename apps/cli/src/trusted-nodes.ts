import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Failure } from './failure.ts'
import { underLock } from './lock.ts'
import { writePrivate } from './private-file.ts'

/** A node key as this machine first saw it: which control plane named it, and for which tenant. @property publicKey raw Ed25519, base64url */
const TrustedNode = z.strictObject({
  origin: z.string(),
  tenant: z.string(),
  node: z.string(),
  publicKey: z.string(),
})
export type TrustedNode = z.infer<typeof TrustedNode>
const Stored = z.strictObject({ format: z.literal('writ.trusted-nodes.v1'), nodes: z.array(TrustedNode) })

export const trustedNodesFile = (home: string): string => join(home, 'trusted-nodes.json')

/** None before the first use. @throws Failure when they are there and cannot be read: going on without them would trust anew */
export async function readTrustedNodes(home: string): Promise<readonly TrustedNode[]> {
  const path = trustedNodesFile(home)
  try {
    return Stored.parse(JSON.parse(await readFile(path, 'utf8'))).nodes
  } catch (error) {
    if (Absent.safeParse(error).success) return []
    throw new Failure(
      `${path} cannot be read`,
      'It holds the node keys that were seen first. Restore it; without it, keys are trusted anew.',
    )
  }
}

const Absent = z.object({ code: z.enum(['ENOENT', 'ENOTDIR']) })

/** Keeps keys of nodes that were not known; a known key is never replaced. Readable by its owner only. @throws Failure */
export async function trustNodes(home: string, fresh: readonly TrustedNode[]): Promise<void> {
  if (addedBy(fresh, await readTrustedNodes(home)).length === 0) return
  const path = trustedNodesFile(home)
  try {
    await mkdir(home, { recursive: true, mode: 0o700 })
    await underLock(`${path}.lock`, () => addTo(path, home, fresh))
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(`cannot write ${path}`, 'Set WRIT_HOME to a folder of yours.')
  }
}

/** Read anew: another verification may have kept some of them, or others, since. */
async function addTo(path: string, home: string, fresh: readonly TrustedNode[]): Promise<void> {
  const known = await readTrustedNodes(home)
  const added = addedBy(fresh, known)
  if (added.length === 0) return
  const stored = Stored.parse({ format: 'writ.trusted-nodes.v1', nodes: [...known, ...added] })
  await writePrivate(path, `${JSON.stringify(stored, null, 2)}\n`)
}

const addedBy = (fresh: readonly TrustedNode[], known: readonly TrustedNode[]): readonly TrustedNode[] =>
  fresh.filter((node) => !known.some((other) => isSameNode(node, other)))

const isSameNode = (a: TrustedNode, b: TrustedNode): boolean =>
  a.origin === b.origin && a.tenant === b.tenant && a.node === b.node
