import { Injectable } from '@nestjs/common'
import type { OnModuleInit } from '@nestjs/common'
import { noteBytes, noteKeyId } from '@writ/audit'
import type { NoteKey, NoteSignature } from '@writ/audit'
import { Clock } from '../clock.ts'
import { LogKeyProvider } from './log-key-provider.ts'
import type { LogKey } from './log-key-provider.ts'

/** A new key is published for so long before it signs: whoever looks once a day has seen it. */
export const PUBLISHED_FIRST_MS = 26 * 3_600_000
/** Clocks of several control planes differ by less: the key before is believed for so long after the next came into use. */
const OVERLAP_MS = 600_000

/** A key as verifiers know it, and until when what it signed is believed. */
export type PublishedKey = { readonly key: NoteKey; readonly until: Date | null }

/** Which key signs now, and which may be believed. */
@Injectable()
export class LogKeys implements OnModuleInit {
  constructor(
    private readonly provider: LogKeyProvider,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    // two control planes that start at once may both add one: all sign with the newest in use, and all are published
    if ((await this.provider.keys()).length === 0) await this.provider.add(this.clock.nowMs())
  }

  /** Ed25519 with the key in use. */
  async sign(bytes: Uint8Array): Promise<Uint8Array> {
    return this.provider.sign((await this.#inUse()).kid, bytes)
  }

  /** The key in use, under the name of a log. */
  async noteKey(origin: string): Promise<NoteKey> {
    return named(await this.#inUse(), origin)
  }

  /** Every key under the name of a log: what was signed with an old one still verifies. */
  async noteKeys(origin: string): Promise<NoteKey[]> {
    return (await this.provider.keys()).map((key) => named(key, origin))
  }

  async signNote(text: string, origin: string): Promise<NoteSignature> {
    const inUse = await this.#inUse()
    const bytes = await this.provider.sign(inUse.kid, noteBytes(text))
    return { name: origin, id: noteKeyId(named(inUse, origin)), bytes }
  }

  async published(origin: string): Promise<PublishedKey[]> {
    const keys = await this.provider.keys()
    return keys.map((key, at) => ({
      key: named(key, origin),
      until: untilOf(keys[at + 1], this.clock.nowMs()),
    }))
  }

  /** Signatures of every key that is or was in use: whoever trusts one of them follows to the next. */
  async signByAll(bytes: Uint8Array, origin: string): Promise<{ key: NoteKey; signature: Uint8Array }[]> {
    const used = (await this.provider.keys()).filter(({ useAfterMs }) => useAfterMs <= this.clock.nowMs())
    return Promise.all(
      used.map(async (key) => ({
        key: named(key, origin),
        signature: await this.provider.sign(key.kid, bytes),
      })),
    )
  }

  /** Publishes a new key, which signs in a while. @returns when it begins to */
  async rotate(): Promise<Date> {
    const useAfterMs = this.clock.nowMs() + PUBLISHED_FIRST_MS
    await this.provider.add(useAfterMs)
    return new Date(useAfterMs)
  }

  async #inUse(): Promise<LogKey> {
    const nowMs = this.clock.nowMs()
    const key = (await this.provider.keys()).findLast(({ useAfterMs }) => useAfterMs <= nowMs)
    if (!key) throw new Error('no log key is in use')
    return key
  }
}

const named = ({ publicKey }: LogKey, name: string): NoteKey => ({ name, type: 'log', publicKey })

const untilOf = (next: LogKey | undefined, nowMs: number): Date | null =>
  next !== undefined && next.useAfterMs <= nowMs ? new Date(next.useAfterMs + OVERLAP_MS) : null
