import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The hook client that is beside this program, native before portable; null where none was built. */
export const hookProgramOf = (): string | null => BUILT.find((path) => existsSync(path)) ?? null

const BUILT = ['writ-hook', 'writ-hook.mjs'].map((name) =>
  fileURLToPath(new URL(`../../../../.writ/bin/${name}`, import.meta.url)),
)
