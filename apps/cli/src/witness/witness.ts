import { generateKeyPairSync, createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  cosignNote,
  rawPublicKey,
  readAsked,
  signatureLine,
  signersOf,
  weighGrowth,
  writeNote,
} from '@writ/audit'
import type { Note, NoteKey } from '@writ/audit'
import { underLock } from '../lock.ts'
import { codeOf, readPrivate, writePrivate } from '../private-file.ts'
import type { WitnessMemory } from './memory.ts'

/** How a witness answers: the rest of HTTP is not its business. */
export type WitnessAnswer = { readonly status: number; readonly type: string; readonly text: string }

export type Witness = {
  /** `POST add-checkpoint` of C2SP tlog-witness */
  readonly add: (body: string) => Promise<WitnessAnswer>
  /** the newest checkpoint that it cosigned, with its cosignature. @param name SHA-256 of the origin, hex */
  readonly newest: (name: string) => Promise<WitnessAnswer>
}

export type WitnessSettings = {
  readonly key: NoteKey
  readonly privateKey: KeyObject
  /** keys of the logs that it watches */
  readonly logs: readonly NoteKey[]
  /** different logs that it remembers at most */
  readonly mostLogs: number
  readonly nowMs: () => number
}

/** Cosigns a checkpoint when it continues what was cosigned last of that log. What was seen is on disk before the cosignature goes out. */
export function createWitness(settings: WitnessSettings, memory: WitnessMemory): Witness {
  return {
    add: async (body) => {
      const asked = readAsked(body, settings.logs)
      if ('status' in asked) return plain(asked.status)
      return memory.change(async (keep) => {
        const last = await memory.last(asked.origin)
        const weighed = weighGrowth(asked, last)
        if ('status' in weighed) return plain(weighed.status, weighed.seen)
        if (last === null && (await memory.count()) >= settings.mostLogs) return plain(507)
        const { checkpoint, note } = weighed
        const line = signatureLine(cosignNote(note.text, settings, Math.floor(settings.nowMs() / 1000)))
        await keep({ ...checkpoint, note: `${writeNote(signedBy(asked.keys, note))}${line}` })
        return { status: 200, type: 'text/plain; charset=utf-8', text: line }
      })
    },
    newest: async (name) => {
      const seen = /^[0-9a-f]{64}$/.test(name) ? await memory.byName(name) : null
      return seen === null ? plain(404) : { status: 200, type: 'text/plain; charset=utf-8', text: seen.note }
    },
  }
}

/** The key of the witness, in a file of its own; made at the first start. */
export async function openWitnessKey(
  folder: string,
  name: string,
): Promise<{ key: NoteKey; privateKey: KeyObject }> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'witness.key')
  const kept = () =>
    readPrivate(path).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error
      return null
    })
  // Of two that start at once one makes the key: the other must not cosign with one that is written over.
  const pem =
    (await kept()) ?? (await underLock(join(folder, 'key.lock'), async () => (await kept()) ?? madeAt(path)))
  const privateKey = createPrivateKey(pem)
  return {
    privateKey,
    key: { name, type: 'witness', publicKey: Buffer.from(rawPublicKey(privateKey), 'base64url') },
  }
}

async function madeAt(path: string): Promise<string> {
  const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await writePrivate(path, made)
  return made
}

/** The note with one signature of each of these keys that signed it. Anybody can put other lines behind a note, as many and as long as a request takes. */
const signedBy = (keys: readonly NoteKey[], { text, signatures }: Note): Note => ({
  text,
  signatures: keys.flatMap(
    (key) => signatures.find((one) => signersOf({ text, signatures: [one] }, [key])?.length === 1) ?? [],
  ),
})

/** 409 says the size that was seen, with the type that the protocol has for it. */
const plain = (status: number, seen?: number): WitnessAnswer =>
  seen === undefined
    ? { status, type: 'text/plain; charset=utf-8', text: '' }
    : { status, type: 'text/x.tlog.size', text: `${seen}\n` }
