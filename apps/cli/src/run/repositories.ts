import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const DEEPEST = 4
const MOST = 20_000

/** Repositories of git in the workspaces, not deeper than four folders and not among dependencies. */
export function repositoriesIn(workspaces: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>()
  let left = MOST
  const look = (folder: string, depth: number): void => {
    for (const entry of entriesOf(folder)) {
      if (--left < 0) return
      if (entry.name === '.git') found.add(join(folder, entry.name))
      else if (entry.isDirectory() && entry.name !== 'node_modules' && depth < DEEPEST)
        look(join(folder, entry.name), depth + 1)
    }
  }
  for (const workspace of workspaces) look(workspace, 1)
  return found
}

export const newRepositories = (
  before: ReadonlySet<string>,
  workspaces: readonly string[],
): readonly string[] => [...repositoriesIn(workspaces)].filter((path) => !before.has(path))

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
