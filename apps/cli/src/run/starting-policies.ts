import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PolicyTemplate } from '@writ/policy'
import { TEMPLATES } from '@writ/policy'

/**
 * The policies that a run without any of its own starts with: every template that is about local actions. They are files, so that a person can
 * read what held, copy it and change it.
 * @returns their paths, the same from run to run
 */
export function startingPolicies(folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return TEMPLATES.filter(isOfHooks).map(({ name, document }) => {
    const file = join(folder, `${name}.json`)
    const text = `${JSON.stringify(document, null, 2)}\n`
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text, { mode: 0o600 })
    return file
  })
}

const isOfHooks = ({ document }: PolicyTemplate): boolean =>
  document.rules.every(
    ({ when }) =>
      'all' in when &&
      when.all.some((part) => 'path' in part && part.path === 'channel' && part.value === 'hooks'),
  )
