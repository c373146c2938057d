import { lstat, mkdir } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import type { CliConfig } from '../../config.ts'
import { Failure } from '../../failure.ts'
import { codeOf } from '../../private-file.ts'

/** Where hook clients look: the folder of this login, or, where the system makes none, the home of Writ. */
export const sharedFolder = ({
  XDG_RUNTIME_DIR,
  WRIT_HOME,
}: Pick<CliConfig, 'XDG_RUNTIME_DIR' | 'WRIT_HOME'>): string =>
  XDG_RUNTIME_DIR !== undefined && isAbsolute(XDG_RUNTIME_DIR) ? join(XDG_RUNTIME_DIR, 'writ') : WRIT_HOME

export const hookSocketIn = (folder: string): string => join(folder, 'hook.sock')
export const adminSocketIn = (folder: string): string => join(folder, 'admin.sock')

/**
 * Who can write in the folder can put a socket of their own there, and who can read it can be a client.
 * @throws Failure where it is not ours alone
 */
export async function openPrivateFolder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error
  })
  const stats = await lstat(path)
  const isPrivate = process.platform === 'win32' || (stats.mode & 0o077) === 0
  if (stats.isDirectory() && stats.uid === process.getuid?.() && isPrivate) return
  throw new Failure(
    `${path} is not a folder of this user alone`,
    `Remove it, or run: chmod 700 ${path}. Until then other users could answer in the place of this daemon.`,
  )
}
