import { cedarText } from './literal.ts'

/** Where a path stands in the Cedar view. */
export type Spot = {
  readonly text: string
  readonly kind: 'text' | 'texts' | 'long' | 'optional' | 'free'
  /** for what may be missing: the record that would hold it, and its name there */
  readonly parent: string
  readonly name: string
  /** the record that would hold it is there always */
  readonly isShallow: boolean
}

type Kind = Spot['kind']

/** The paths of the question that the view has. */
const SPOTS: ReadonlyMap<string, readonly [string, Kind]> = new Map<string, readonly [string, Kind]>([
  ['agent.id', ['principal.id', 'text']],
  ['agent.name', ['principal.name', 'text']],
  ['agent.groups', ['principal.groups', 'texts']],
  ['resource.id', ['resource.id', 'text']],
  ['human.id', ['context.human.id', 'text']],
  ['human.name', ['context.human.name', 'text']],
  ['human.groups', ['context.human.groups', 'texts']],
  ['chain.ids', ['context.chain.ids', 'texts']],
  ['chain.names', ['context.chain.names', 'texts']],
  ['chain.groups', ['context.chain.groups', 'texts']],
  ['session.id', ['context.session.id', 'text']],
  ['session.labels', ['context.session.labels', 'texts']],
  ['session.calls', ['context.session.calls', 'long']],
  ['session.denials', ['context.session.denials', 'long']],
  ['connection.id', ['context.connection.id', 'text']],
  ['connection.name', ['context.connection.name', 'text']],
  ['connection.trust', ['context.connection.trust', 'text']],
  ['tool.pin', ['context.tool.pin', 'text']],
  ['action.method', ['context.action.method', 'text']],
  ['action.tool', ['context.action.tool', 'optional']],
  ['action.class', ['context.action.class', 'text']],
  ['action.classSource', ['context.action.classSource', 'text']],
  ['direction', ['context.direction', 'text']],
  ['channel', ['context.channel', 'text']],
  ['content.signals', ['context.signals', 'texts']],
])

/** Null where the view has no such path. */
export function spotOf(path: string): Spot | null {
  const known = SPOTS.get(path)
  if (known !== undefined)
    return { text: known[0], kind: known[1], parent: 'context.action', name: 'tool', isShallow: true }
  if (path === 'args')
    return { text: 'context.args', kind: 'free', parent: 'context', name: 'args', isShallow: true }
  const tree = ['args', 'tool.annotations'].find(
    (root) => path.startsWith(`${root}.`) || path.startsWith(`${root}[`),
  )
  const names = tree === undefined ? null : namesIn(path.slice(tree.length))
  if (tree === undefined || names === null) return null
  const parent = names.slice(0, -1).reduce((text, name) => `${text}[${cedarText(name)}]`, `context.${tree}`)
  const name = names.at(-1) ?? ''
  return { text: `${parent}[${cedarText(name)}]`, kind: 'free', parent, name, isShallow: names.length === 1 }
}

/** Null where a step stands for every item. */
function namesIn(steps: string): readonly string[] | null {
  const names = [...steps.matchAll(/\.([^.[\]"]+)|\[("(?:[^"\\]|\\.)*")\]/g)].map(([, plain, quoted]) =>
    quoted === undefined ? (plain ?? '*') : String(JSON.parse(quoted)),
  )
  return names.length === 0 || steps.split('.').includes('*') ? null : names
}
