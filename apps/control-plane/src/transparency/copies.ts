import { Injectable } from '@nestjs/common'
import {
  ArchiveConflict,
  edgeTiles,
  HASH_BYTES,
  hashesAtLevel,
  openCheckpoint,
  openEdge,
  sameHash,
  TILE_WIDTH,
  tilePath,
  tilesBetween,
} from '@writ/audit'
import type { AuditArchive, NoteKey, TileReader, TreeHead } from '@writ/audit'
import { Clock } from '../clock.ts'
import { Settings } from '../settings.ts'
import { createDirectoryArchive } from './archive-directory.ts'
import { archivedTile, checkpointName, checkpointsOfEpoch, forkName } from './archive-names.ts'
import { createS3Archive } from './archive-s3.ts'
import type { ArchivePlace } from './places.ts'
import { Witnesses } from './witnesses.ts'

/** One log in one epoch, and the keys that its checkpoints are signed with. */
export type LogName = {
  readonly logId: string
  readonly epoch: number
  readonly origin: string
  readonly keys: readonly NoteKey[]
}

/** What somebody else keeps of a log. `fault`: what is there is not of this log, or the log ended there. */
export type KnownHead =
  | { readonly by: string; readonly head: TreeHead }
  | { readonly by: string; readonly fault: string }

const TILES_AT_ONCE = 8
/** An epoch is opened by hand, after a disaster. */
const MOST_EPOCHS = 100
const DAY_MS = 86_400_000

type Signed = TreeHead & { readonly note: string }
type Growing = { readonly from: number; readonly checkpoint: Signed; readonly read: TileReader }
type Copies = { readonly archive: AuditArchive; readonly name: string; readonly keepDays: number }

/** The write-once copies outside, and what they and the witnesses remember. */
@Injectable()
export class LogCopies {
  readonly #copies: readonly Copies[]

  constructor(
    settings: Settings,
    private readonly clock: Clock,
    private readonly witnesses: Witnesses,
  ) {
    this.#copies = settings.archives.map((place, at) => ({
      archive: openArchive(place, settings),
      name: `archive ${at + 1}`,
      keepDays: place.keepDays,
    }))
  }

  /**
   * What every archive and every witness that tells kept last of a log.
   * @throws when an archive does not answer: nothing is signed that could not be compared
   */
  async heads(log: LogName): Promise<KnownHead[]> {
    const archived = await Promise.all(this.#copies.map((copies) => archivedHead(copies, log)))
    const witnessed = await Promise.all(
      this.witnesses.places.map(async (place) => {
        const note = await this.witnesses.lastSeen(place, log.origin)
        const opened = note === null ? null : openCheckpoint(note, { origin: log.origin, log: log.keys })
        // What this log did not sign is no memory of it, whatever a witness says.
        return opened ? { by: `witness ${place.key.name}`, head: opened.checkpoint } : null
      }),
    )
    return [...archived, ...witnessed].filter((head) => head !== null)
  }

  /**
   * Copies the checkpoint, and before it every tile that an archive does not have.
   * @throws ArchiveConflict when an archive keeps something else; an error when one does not answer
   */
  async put(log: LogName, checkpoint: Signed, read: TileReader): Promise<void> {
    for (const copies of this.#copies) {
      const known = await archivedHead(copies, log)
      if (known !== null && 'fault' in known) throw new Error(known.fault)
      if (known !== null && known.head.size > checkpoint.size)
        await requireBeginning(copies.archive, log, known.head, checkpoint)
      else await this.#putGrowth(copies, log, { from: known?.head.size ?? 0, checkpoint, read })
    }
  }

  async #putGrowth(copies: Copies, log: LogName, { from, checkpoint, read }: Growing): Promise<void> {
    const until = this.#until(copies)
    const tiles = tilesBetween(from, checkpoint.size)
    for (let at = 0; at < tiles.length; at += TILES_AT_ONCE)
      await Promise.all(
        tiles.slice(at, at + TILES_AT_ONCE).map(async (tile) => {
          const bytes = (await read(tile)).subarray(0, tile.width * HASH_BYTES)
          await copies.archive.put(archivedTile(log.logId, log.epoch, tilePath(tile)), bytes, until)
        }),
      )
    await putCheckpoint(copies.archive, log, checkpoint, until)
  }

  /** The first epoch from `epoch` on that no archive keeps the beginning of: one that was begun is not begun again, whatever is known of it here. */
  async freeEpoch(logId: string, epoch: number): Promise<number> {
    for (let free = epoch; free < epoch + MOST_EPOCHS; free += 1) {
      const begun = await Promise.all(this.#copies.map(({ archive }) => archive.get(forkName(logId, free))))
      if (begun.every((notice) => notice === null)) return free
    }
    throw new Error('an archive keeps more notices than a log has epochs')
  }

  /** Copies how an epoch ended. */
  async putFork(logId: string, epoch: number, notice: string): Promise<void> {
    for (const copies of this.#copies)
      await copies.archive.put(forkName(logId, epoch), Buffer.from(notice), this.#until(copies))
  }

  #until({ keepDays }: Copies): Date {
    return new Date(this.clock.nowMs() + keepDays * DAY_MS)
  }
}

const openArchive = (place: ArchivePlace, { archiveKey }: Settings): AuditArchive =>
  place.kind === 'directory'
    ? createDirectoryArchive(place.path)
    : createS3Archive({ ...place, ...archiveKey })

async function archivedHead({ archive, name }: Copies, log: LogName): Promise<KnownHead | null> {
  if ((await archive.get(forkName(log.logId, log.epoch + 1))) !== null)
    return { by: name, fault: `${name} keeps the notice that epoch ${log.epoch} of this log ended` }
  for await (const newest of archive.names(checkpointsOfEpoch(log.logId, log.epoch))) {
    const head = headIn(await archive.get(newest), log)
    // An old checkpoint by the name of a newer one would hide what came after it.
    return head !== null && newest === checkpointName(log.logId, log.epoch, head.size)
      ? { by: name, head }
      : { by: name, fault: `the newest checkpoint in ${name} is none of this log` }
  }
  return null
}

const headIn = (copy: Uint8Array | null, { origin, keys }: LogName): TreeHead | null =>
  openCheckpoint(Buffer.from(copy ?? []).toString('utf8'), { origin, log: keys })?.checkpoint ?? null

/** What came further already has all of it: after a restore, or where another control plane was faster. That it begins with this is read from its tiles. */
async function requireBeginning(
  archive: AuditArchive,
  { logId, epoch }: LogName,
  further: TreeHead,
  { size, root }: TreeHead,
): Promise<void> {
  const edge = await Promise.all(
    edgeTiles(size).map(async ({ level, index }) => {
      const width = Math.min(TILE_WIDTH, hashesAtLevel(level, further.size) - index * TILE_WIDTH)
      const copy = await archive.get(archivedTile(logId, epoch, tilePath({ level, index, width })))
      return copy ?? new Uint8Array()
    }),
  )
  if (!sameHash(openEdge(size, edge).root(), root))
    throw new ArchiveConflict('what is kept does not begin with this tree')
}

/** Signed once more when nothing had come, it has a copy already: that one must say the same. */
async function putCheckpoint(
  archive: AuditArchive,
  log: LogName,
  { size, root, note }: Signed,
  until: Date,
): Promise<void> {
  const name = checkpointName(log.logId, log.epoch, size)
  const before = await archive.get(name)
  if (before === null) return void (await archive.put(name, Buffer.from(note), until))
  const head = headIn(before, log)
  if (head?.size !== size || !sameHash(head.root, root))
    throw new ArchiveConflict('another checkpoint of that size is kept')
}
