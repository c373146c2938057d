import type { Disk } from './disk.ts'

const MOST_FOUND = 500
const MOST_FOLDERS = 3000
const MOST_DEPTH = 8

/** Files that a pattern names: `*` stands in one name, `**` for any folders. Links to folders are not followed below `**`. */
export function filesAt(disk: Disk, pattern: string): readonly string[] {
  if (!pattern.includes('*')) return [pattern]
  const [start = '', ...parts] = pattern.split('/')
  const budget = { folders: MOST_FOLDERS }
  return below(disk, start, parts, budget).slice(0, MOST_FOUND)
}

type Budget = { folders: number }

function below(disk: Disk, folder: string, parts: readonly string[], budget: Budget): readonly string[] {
  const [part, ...rest] = parts
  if (part === undefined) return [folder]
  if (part === '**') return anywhere(disk, folder, rest, budget)
  if (!part.includes('*')) return below(disk, `${folder}/${part}`, rest, budget)
  if ((budget.folders -= 1) < 0) return []
  const form = new RegExp(`^${part.split('*').map(escaped).join('[^]*')}$`)
  return disk
    .list(folder)
    .filter(({ name }) => form.test(name))
    .flatMap(({ name }) => below(disk, `${folder}/${name}`, rest, budget))
}

function anywhere(disk: Disk, top: string, rest: readonly string[], budget: Budget): readonly string[] {
  const found: string[] = []
  const visit = (folder: string, depth: number): void => {
    if ((budget.folders -= 1) < 0 || depth > MOST_DEPTH) return
    const entries = disk.list(folder)
    if (entries.some(({ name }) => name === rest[0])) found.push(...below(disk, folder, rest, budget))
    for (const { name, kind } of entries)
      if (kind === 'folder' && name !== 'node_modules' && name !== '.git')
        visit(`${folder}/${name}`, depth + 1)
  }
  visit(top, 0)
  return found
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
