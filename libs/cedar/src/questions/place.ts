import type { Json, JsonObject } from '@writ/contracts'
import type { Asked } from '../view/question-to-cedar.ts'

/** The question with another value at a path; the same question where such a value can never stand there. */
export function placed(asked: Asked, path: string, value: Json): Asked {
  const [root = '', ...steps] = stepsOf(path)
  const { question } = asked
  if (root === 'args')
    return { ...asked, question: { ...question, args: within(question.args, steps, value) } }
  if (path.startsWith('tool.annotations')) {
    const annotations = within(question.tool.annotations, steps.slice(1), value)
    return { ...asked, question: { ...question, tool: { ...question.tool, annotations } } }
  }
  const place = Object.hasOwn(PLACES, path) ? PLACES[path] : undefined
  return place === undefined ? asked : place(asked, value)
}

/** The steps of a path: names between dots, or JSON strings between brackets. */
function stepsOf(path: string): readonly string[] {
  return [...path.matchAll(/\.?([^.[\]"]+)|\[("(?:[^"\\]|\\.)*")\]/g)].map(([, plain, quoted]) =>
    quoted === undefined ? (plain ?? '') : String(JSON.parse(quoted)),
  )
}

function within(tree: JsonObject, steps: readonly string[], value: Json): JsonObject {
  const [step, ...rest] = steps
  if (step === undefined) return tree
  const inner = Object.hasOwn(tree, step) ? tree[step] : undefined
  const record = isRecord(inner) ? inner : {}
  return Object.fromEntries([
    ...Object.entries(tree),
    [step, rest.length === 0 ? value : within(record, rest, value)],
  ])
}

const isRecord = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Place = (asked: Asked, value: Json) => Asked

/** Where only texts can stand, or only lists of texts, or only numbers. */
const text =
  (set: (asked: Asked, value: string) => Asked): Place =>
  (asked, value) =>
    typeof value === 'string' ? set(asked, value) : asked
const texts =
  (set: (asked: Asked, value: readonly string[]) => Asked): Place =>
  (asked, value) =>
    Array.isArray(value) && value.every((item) => typeof item === 'string') ? set(asked, value) : asked
const count =
  (set: (asked: Asked, value: number) => Asked): Place =>
  (asked, value) =>
    typeof value === 'number' && value >= 0 ? set(asked, value) : asked

const word = <T extends string>(words: readonly T[], set: (asked: Asked, value: T) => Asked): Place =>
  text((asked, value) => {
    const found = words.find((one) => one === value)
    return found === undefined ? asked : set(asked, found)
  })

type Part = 'agent' | 'human' | 'connection' | 'action' | 'session' | 'tool'

const member =
  (part: Part, name: string) =>
  (asked: Asked, value: Json): Asked => ({
    ...asked,
    question: { ...asked.question, [part]: { ...asked.question[part], [name]: value } },
  })

const inState =
  (name: 'labels' | 'calls' | 'denials') =>
  ({ question, ...asked }: Asked, value: Json): Asked => {
    const { state } = question.session
    return {
      ...asked,
      question: {
        ...question,
        session: { ...question.session, state: state && { ...state, [name]: value } },
      },
    }
  }

const PLACES: Readonly<Record<string, Place>> = {
  'agent.id': text(member('agent', 'id')),
  'agent.name': text(member('agent', 'name')),
  'agent.groups': texts(member('agent', 'groups')),
  'human.id': text(member('human', 'id')),
  'human.name': text(member('human', 'name')),
  'human.groups': texts(member('human', 'groups')),
  'connection.id': text(member('connection', 'id')),
  'connection.name': text(member('connection', 'name')),
  'connection.trust': word(['internal', 'external'], member('connection', 'trust')),
  'action.method': text(member('action', 'method')),
  'action.tool': text(member('action', 'tool')),
  'resource.id': text(member('action', 'resource')),
  'session.id': text(member('session', 'id')),
  'session.labels': texts(inState('labels')),
  'session.calls': count(inState('calls')),
  'session.denials': count(inState('denials')),
  direction: word(['outbound', 'inbound'], ({ question, ...asked }, direction) => ({
    ...asked,
    question: { ...question, direction },
  })),
  channel: word(['gateway', 'hooks'], ({ question, ...asked }, channel) => ({
    ...asked,
    question: { ...question, channel },
  })),
  'content.signals': texts((asked, signals) => ({ ...asked, signals })),
}
