// The workspace that the rows of libs/actions/eval/local-cases.tsv are about: links that lead out of it, and manifests as they stand there.
import { readFileSync } from 'node:fs'
import { PACKAGES } from './decide.mjs'

const { place, links, texts } = JSON.parse(
  readFileSync(new URL('../../libs/actions/eval/local-world.json', import.meta.url), 'utf8'),
)
export const PLACE = place

/** As a system follows them: a link first, what stands behind it after. */
function realPath(path) {
  const parts = []
  for (const part of path.split('/').filter((one) => one !== '' && one !== '.')) {
    if (part === '..') parts.pop()
    else parts.push(part)
    const target = links[`/${parts.join('/')}`]
    if (target !== undefined) parts.splice(0, parts.length, ...target.slice(1).split('/'))
  }
  return `/${parts.join('/')}`
}

export const WORLD = { realPath, readText: (path) => texts[path] ?? null, packages: PACKAGES, unknown: 'ask' }
