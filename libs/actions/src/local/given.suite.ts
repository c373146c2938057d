import type { LocalAction } from '@writ/contracts'
import { createPackageKnowledge } from '../packages/create-knowledge.ts'
import { starterIntelligence } from '../packages/starter/starter.ts'
import { understand } from './understand.ts'
import type { LocalWorld, Place, Understood } from './understood.ts'

/** A workspace with links and manifests for the specs of this room. */

export const place: Place = {
  cwd: '/home/dev/app',
  home: '/home/dev',
  workspaces: ['/home/dev/app'],
  platform: 'linux',
}
export const MAC: Place = {
  cwd: '/Users/dev/app',
  home: '/Users/dev',
  workspaces: ['/Users/dev/app'],
  platform: 'darwin',
}
export const WINDOWS: Place = {
  cwd: 'C:\\Users\\dev\\app',
  home: 'C:\\Users\\dev',
  workspaces: ['C:\\Users\\dev\\app'],
  platform: 'win32',
}

const LINKS: Readonly<Record<string, string>> = {
  '/home/dev/app/keys': '/home/dev/.ssh',
  '/home/dev/app/out': '/home/dev/other',
  '/home/dev/app/inside': '/home/dev/app/src',
  '/proc/77/cwd': '/home/dev/.aws',
}

export const TEXTS: Readonly<Record<string, string>> = {
  '/home/dev/app/package.json': '{"name":"app","dependencies":{"express":"^4.0.0"}}',
  '/home/dev/app/requirements.txt': 'flask==3.0.0\n',
  '/home/dev/app/src/a.ts': 'one\ntwo\n',
  '/home/dev/app/bad.sh': '#!/bin/sh\nrm -rf ~\n',
  '/home/dev/app/good.sh': '#!/bin/sh\nset -e\nrm -rf dist\nnpm ci\n',
}

/** As a system follows them: a link first, what stands behind it after. */
export const following =
  (links: Readonly<Record<string, string>>) =>
  (path: string): string => {
    const parts: string[] = []
    for (const part of path.split('/').filter((one) => one !== '' && one !== '.')) {
      if (part === '..') parts.pop()
      else parts.push(part)
      const target = links[`/${parts.join('/')}`]
      if (target !== undefined) parts.splice(0, parts.length, ...target.slice(1).split('/'))
    }
    return /^[A-Za-z]:/.test(path) ? parts.join('/') : `/${parts.join('/')}`
  }

export const world: LocalWorld = {
  realPath: following(LINKS),
  readText: (path) => TEXTS[path] ?? null,
  packages: createPackageKnowledge({
    intelligence: starterIntelligence(),
    rules: { allow: ['npm/@acme/*'], deny: ['npm/forbidden'], coolDownHours: 48 },
    ageHours: ({ name }) => (name === 'fresh' ? 1 : name === 'old' ? 1000 : null),
  }),
  unknown: 'ask',
}

export const understood = (action: LocalAction, on: Place = place): Understood =>
  understand(action, on, world)

/** Facts as `kind certainty`, without duplicates. */
export const factsFound = (action: LocalAction, on: Place = place): readonly string[] => [
  ...new Set(understood(action, on).facts.map(({ kind, certainty }) => `${kind} ${certainty}`)),
]
