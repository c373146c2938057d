import { Injectable } from '@nestjs/common'
import { proveConsistency, readNote, signersOf, writeNote } from '@writ/audit'
import type { Note, NoteSignature } from '@writ/audit'
import type { CheckpointRow } from '@writ/postgres'
import { Faults } from '../faults.ts'
import { LogCopies } from './copies.ts'
import type { LogName } from './copies.ts'
import { LogRows } from './log-rows.ts'
import type { Log } from './log-rows.ts'
import type { WitnessPlace } from './places.ts'
import type { Cosigning } from './witness-client.ts'
import { Witnesses } from './witnesses.ts'

/** Takes a checkpoint to those who are to remember it. */
@Injectable()
export class LogSpreading {
  /** the size that a witness saw last of a log, as far as it is known here */
  readonly #seen = new Map<string, number>()
  readonly #said = new Map<string, string>()

  constructor(
    private readonly witnesses: Witnesses,
    private readonly rows: LogRows,
    private readonly copies: LogCopies,
    private readonly faults: Faults,
  ) {}

  /**
   * Witnesses first, so that the copies carry their cosignatures. A witness that is away keeps nobody waiting.
   * @throws when an archive does not answer; ArchiveConflict when it keeps something else
   */
  async spread(log: Log, name: LogName, checkpoint: CheckpointRow): Promise<void> {
    const note = await this.#cosigned(log, name, checkpoint)
    if (note !== checkpoint.note) await this.rows.in(log, ({ store }) => store.note(checkpoint.seq, note))
    await this.copies.put(name, { ...checkpoint, note }, (tile) =>
      this.rows.in(log, ({ store }) => store.tiles(name.epoch)(tile)),
    )
    await this.rows.in(log, ({ store }) => store.archived(name.epoch, checkpoint.size))
  }

  async #cosigned(log: Log, name: LogName, checkpoint: CheckpointRow): Promise<string> {
    const note = readNote(checkpoint.note)
    if (note === null) throw new Error('a checkpoint that was kept is no note')
    const missing = this.witnesses.places.filter(({ key }) => signersOf(note, [key])?.length === 0)
    const signatures = await Promise.all(
      missing.map((place) => this.#ask(place, { log, name, checkpoint, note })),
    )
    return writeNote({ ...note, signatures: [...note.signatures, ...signatures.flat()] })
  }

  async #ask(place: WitnessPlace, of: Spread): Promise<readonly NoteSignature[]> {
    const { log, name, checkpoint, note } = of
    const { size } = checkpoint
    const memory = `${place.key.name} ${name.origin}`
    const answer = await this.witnesses.cosign(place, {
      note,
      source: checkpoint.note,
      size,
      lastSeen: Math.min(size, this.#seen.get(memory) ?? 0),
      proofFrom: (from) =>
        this.rows.in(log, ({ store }) => proveConsistency(store.tiles(name.epoch), from, size)),
    })
    this.#say(place.key.name, name.origin, answer)
    if (answer.kind !== 'cosigned') return []
    this.#seen.set(memory, size)
    return answer.signatures
  }

  /** Said once, and once more when it says something else: that it is away of the witness, that it saw another history of the log. */
  #say(witness: string, log: string, answer: Cosigning): void {
    const ofLog = `${witness} ${log}`
    if (answer.kind === 'cosigned') return this.#forget(witness, ofLog)
    const about = answer.kind === 'disputed' ? ofLog : witness
    if (this.#said.get(about) === answer.detail) return
    this.#said.set(about, answer.detail)
    const what = answer.kind === 'disputed' ? ` ${log}` : ''
    this.faults.report(`the witness ${witness} did not cosign${what}: ${answer.detail}`, null)
  }

  #forget(...said: readonly string[]): void {
    for (const about of said) this.#said.delete(about)
  }
}

type Spread = {
  readonly log: Log
  readonly name: LogName
  readonly checkpoint: CheckpointRow
  readonly note: Note
}
