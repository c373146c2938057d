// Hooks of Node's module loader (nodejs.org/api/module.html#customization-hooks): TypeScript is compiled by SWC, file by file, without types.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync, version } from '@swc/core'

const GLOBALS = new URL('./globals.mjs', import.meta.url).href
const CACHE = join(tmpdir(), `writ-typescript-${userInfo().username}`)

const OPTIONS = {
  swcrc: false,
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2023',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, react: { runtime: 'automatic' } },
  },
}

mkdirSync(CACHE, { recursive: true, mode: 0o700 })

export async function resolve(specifier, context, next) {
  return specifier === '@jest/globals' ? { url: GLOBALS, shortCircuit: true } : next(specifier, context)
}

export async function load(url, context, next) {
  if (!/^file:.*\.tsx?$/.test(url)) return next(url, context)
  return { format: 'module', source: compiled(fileURLToPath(url)), shortCircuit: true }
}

function compiled(path) {
  const text = readFileSync(path, 'utf8')
  const name = createHash('sha256')
    .update(`${version}\n${JSON.stringify(OPTIONS)}\n${path}\n${text}`)
    .digest('hex')
  const kept = join(CACHE, name)
  try {
    return readFileSync(kept, 'utf8')
  } catch {
    const { code } = transformSync(text, optionsFor(path))
    const draft = `${kept}.${process.pid}`
    writeFileSync(draft, code, { mode: 0o600 })
    renameSync(draft, kept)
    return code
  }
}

const optionsFor = (filename) => ({
  ...OPTIONS,
  filename,
  jsc: { ...OPTIONS.jsc, parser: { ...OPTIONS.jsc.parser, tsx: filename.endsWith('x') } },
})
