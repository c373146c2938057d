import { lstat, open } from 'node:fs/promises'
import type { KnownBefore, PackVerification } from '@writ/audit/verify.mjs'
import { CannotRun, textOf, verifyFile } from '@writ/audit/verify.mjs'
import type { ApiAccess } from '../api.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import { verifyRecords } from './audit.ts'

export type VerifyWishes = KnownBefore & {
  /** of evidence: node keys */
  readonly trusted?: string | undefined
}

/** Verifies a pack, a zip or a folder; anything else is evidence. Without a file the control plane is asked for that. */
export async function verifyAny(
  home: string,
  access: () => ApiAccess,
  of: VerifyWishes & { readonly file: string | undefined },
  terminal: Terminal,
): Promise<ExitCode> {
  const { file, trusted, ...known } = of
  if (file !== undefined && (await isPack(file))) return verifyPack(file, known, terminal)
  if (Object.values(known).some((value) => value !== undefined))
    throw new Failure(
      '--trust, --checkpoint, --witness and --pack are for packs',
      'Name a pack: writ audit verify pack.zip',
    )
  return verifyRecords(home, access, { file, trusted }, terminal)
}

/** The very program that lies in each pack: what an auditor without Writ runs says the same. */
async function verifyPack(file: string, known: KnownBefore, terminal: Terminal): Promise<ExitCode> {
  const result = await verifyFile(file, known).catch(cannotRun)
  show(terminal, result, textOf(result))
  return result.holds ? EXIT.ok : EXIT.no
}

function cannotRun(error: unknown): PackVerification {
  if (!(error instanceof CannotRun)) throw error
  throw new Failure(error.message, 'docs/verify.md says what a pack is verified with.')
}

/** A folder, or what begins as zips do; or is named so and begins as no evidence does: somebody altered the beginning. */
async function isPack(file: string): Promise<boolean> {
  const found = await lstat(file).catch(() => null)
  if (found === null || found.isDirectory()) return found !== null
  const start = await firstBytes(file).catch(() => {
    throw new Failure(`cannot read ${file}`, 'Name a file, or the folder that a pack was unzipped to.')
  })
  return start === 'PK' || (/\.zip$/i.test(file) && !start.startsWith('{'))
}

async function firstBytes(file: string): Promise<string> {
  const opened = await open(file)
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(2), 0, 2, 0)
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await opened.close()
  }
}
