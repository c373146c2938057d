// The architecture, enforced: every room imports only what its package.json declares and what rooms.json allows.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CLONE = dirname(dirname(fileURLToPath(import.meta.url)))
const json = (path) => JSON.parse(readFileSync(join(CLONE, path), 'utf8'))
const allowed = json('tools/rooms.json')
const rooms = ['apps', 'libs'].flatMap((floor) =>
  readdirSync(join(CLONE, floor)).map((name) => readRoom(floor, name)),
)

const problems = [
  ...rooms.flatMap((room) => [
    ...roomProblems(room),
    ...room.files.flatMap((file) => fileProblems(room, file)),
  ]),
  ...tableProblems(),
  ...gatewayProblems(),
]
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
console.log(`   ${rooms.length} rooms keep to rooms.json`)

function readRoom(floor, name) {
  const home = `${floor}/${name}`
  const manifest = existsSync(join(CLONE, home, 'package.json')) ? json(`${home}/package.json`) : {}
  const source = join(CLONE, home, 'src')
  const found = existsSync(source) ? readdirSync(source, { recursive: true }) : []
  const files = found.filter((path) => /\.tsx?$/.test(path)).map((path) => `${home}/src/${path}`)
  const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  return { floor, name, home, files, dependencies, offered: Object.keys(manifest.exports ?? {}) }
}

function roomProblems({ floor, name, home, files, dependencies }) {
  const found = []
  if (files.length === 0) found.push(`${home}: a room without a file`)
  if (allowed[name] === undefined) found.push(`${home}: not in tools/rooms.json`)
  if (!json('tsconfig.json').references.some(({ path }) => path === home))
    found.push(`${home}: not in tsconfig.json`)
  for (const other of dependencies.filter(isRoom)) {
    if (!allowed[name]?.includes(roomOf(other)))
      found.push(`${home}/package.json: may not depend on '${other}'`)
  }
  if (
    floor === 'libs' &&
    dependencies.some((other) =>
      rooms.some((room) => room.floor === 'apps' && `@writ/${room.name}` === other),
    )
  ) {
    found.push(`${home}/package.json: a library may not depend on an app`)
  }
  return found
}

function fileProblems(room, file) {
  const text = readFileSync(join(CLONE, file), 'utf8')
  const found = /^export \*/m.test(text) ? [`${file}: 'export *' hides what a room offers`] : []
  const targets = importsOf(text).filter((target) => !isBuiltin(target))
  const wrong = targets.flatMap((target) =>
    target.startsWith('.') ? leavesRoom(room, file, target) : breaksRules(room, target),
  )
  return [...found, ...wrong.map((problem) => `${file}: ${problem}`)]
}

function importsOf(text) {
  const code = text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '')
  return [...code.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)'([^'\n]+)'/g)].map(([, target]) => target)
}

function leavesRoom({ home }, file, target) {
  return join(dirname(file), target).startsWith(`${home}/`) ? [] : [`'${target}' leaves the room`]
}

function breaksRules({ name, home, dependencies }, target) {
  const wanted = target.split('/', target.startsWith('@') ? 2 : 1).join('/')
  const declared = [...dependencies, ...allowed.$everywhere]
  const found = declared.includes(wanted) ? [] : [`'${wanted}' is not declared in ${home}/package.json`]
  if (!isRoom(wanted)) return found
  if (!isOffered(target, wanted)) found.push(`'${target}' goes past the front door of '${wanted}'`)
  if (!allowed[name]?.includes(roomOf(wanted))) found.push(`may not use '${wanted}'`)
  return found
}

// The front door is what a room's package.json exports: the room itself, and perhaps what its neighbours' tests need.
function isOffered(target, wanted) {
  const { offered = [] } = rooms.find(({ name }) => name === roomOf(wanted)) ?? {}
  return offered.includes(`.${target.slice(wanted.length)}`)
}

function tableProblems() {
  const libs = new Set(rooms.filter(({ floor }) => floor === 'libs').map(({ name }) => name))
  return Object.entries(allowed)
    .filter(([name]) => name !== '$everywhere')
    .flatMap(([name, others]) => [
      ...(rooms.some((room) => room.name === name) ? [] : [`tools/rooms.json: there is no room '${name}'`]),
      ...others
        .filter((other) => !libs.has(other))
        .map((other) => `tools/rooms.json: '${name}' may not use '${other}', which is no library`),
    ])
}

// The promise of the data plane: no way from the gateway to the database, over however many rooms.
function gatewayProblems() {
  const reached = reachableFrom('gateway')
  const drivers = reached.flatMap(({ home, dependencies }) =>
    dependencies
      .filter((name) => ['pg', 'typeorm', '@writ/postgres'].includes(name))
      .map((name) => `${home}: brings '${name}' to the gateway`),
  )
  const passage = reached.some(({ name }) => name === 'postgres')
    ? ['the gateway reaches the room postgres']
    : []
  return [...passage, ...drivers]
}

function reachableFrom(name, seen = new Set()) {
  const room = rooms.find((one) => one.name === name)
  if (room === undefined || seen.has(room)) return [...seen]
  seen.add(room)
  for (const other of room.dependencies.filter(isRoom)) reachableFrom(roomOf(other), seen)
  return [...seen]
}

function isRoom(name) {
  return name.startsWith('@writ/')
}

function roomOf(name) {
  return name.slice('@writ/'.length)
}
