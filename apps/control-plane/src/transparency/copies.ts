import { Injectable } from '@nestjs/common'
import { openCheckpoint, tilePath, tilesBetween } from '@writ/audit'
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
const DAY_MS = 86_400_000

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

  /** Copies the checkpoint, and before it every tile that an archive does not have. */
  async put(log: LogName, checkpoint: TreeHead & { readonly note: string }, read: TileReader): Promise<void> {
    for (const copies of this.#copies) {
      const known = await archivedHead(copies, log)
      const from = known !== null && 'head' in known ? known.head.size : 0
      const until = new Date(this.clock.nowMs() + copies.keepDays * DAY_MS)
      const tiles = tilesBetween(from, checkpoint.size)
      for (let at = 0; at < tiles.length; at += TILES_AT_ONCE)
        await Promise.all(
          tiles.slice(at, at + TILES_AT_ONCE).map(async (tile) => {
            const bytes = (await read(tile)).subarray(0, tile.width * 32)
            await copies.archive.put(archivedTile(log.logId, log.epoch, tilePath(tile)), bytes, until)
          }),
        )
      const name = checkpointName(log.logId, log.epoch, checkpoint.size)
      // Signed once more when nothing had come: the copy that is there says the same.
      if ((await copies.archive.get(name)) === null)
        await copies.archive.put(name, Buffer.from(checkpoint.note), until)
    }
  }

  /** Copies how an epoch ended. */
  async putFork(logId: string, epoch: number, notice: string): Promise<void> {
    for (const { archive, keepDays } of this.#copies)
      await archive.put(
        forkName(logId, epoch),
        Buffer.from(notice),
        new Date(this.clock.nowMs() + keepDays * DAY_MS),
      )
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
    const note = Buffer.from((await archive.get(newest)) ?? []).toString('utf8')
    const opened = openCheckpoint(note, { origin: log.origin, log: log.keys })
    return opened
      ? { by: name, head: opened.checkpoint }
      : { by: name, fault: `the newest checkpoint in ${name} is none of this log` }
  }
  return null
}
