// The same rules in the languages of other engines. Each peer answers with the ids of the rules that match, sorted; casbin with a boolean only.
import { Environment } from '@marcbachmann/cel-js'
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { newEnforcer, newModelFromString } from 'casbin'
import { LogicEngine } from 'json-logic-engine'

/** The flat view of a request that every peer reads: the paths of the rules, with `.` as `_`. */
export const factsOf = ({ question, signals }) => ({
  action_tool: question.action.tool,
  action_class: question.action.class,
  connection_name: question.connection.name,
  args: question.args,
  content_signals: signals,
  agent_groups: question.agent.groups,
  human_groups: question.human.groups,
  human_name: question.human.name,
  session_labels: question.session.state.labels,
  session_calls: question.session.state.calls,
  resource_id: question.action.resource,
})

const nameOf = (path) => (path.startsWith('args.') ? path : path.replace('.', '_'))
const text = JSON.stringify

export function cedarPeer(rules) {
  const words = {
    all: (parts) => `(${parts.join(' && ')})`,
    any: (parts) => `(${parts.join(' || ')})`,
    not: (part) => `!(${part})`,
    leaf: ({ path, op, value }) => {
      const read = `context.${nameOf(path)}`
      if (op === 'eq') return `${read} == ${text(value)}`
      if (op === 'in') return `[${value.map(text).join(', ')}].contains(${read})`
      if (op === 'gt') return `${read} > ${value}`
      if (op === 'lte') return `${read} <= ${value}`
      if (op === 'has') return `${read}.contains(${text(value)})`
      if (op === 'hasAny') return `${read}.containsAny([${value.map(text).join(', ')}])`
      return `${read} like ${text(`${value}*`)}`
    },
  }
  const policies = Object.fromEntries(
    rules.map(({ id, when }) => [
      id,
      `forbid (principal, action, resource) when { ${written(when, words)} };`,
    ]),
  )
  const parsed = preparsePolicySet('bench', { staticPolicies: policies, templates: {}, templateLinks: [] })
  if (parsed.type !== 'success') throw new Error(`cedar: ${text(parsed)}`)
  return (facts) => {
    const answer = statefulIsAuthorized({
      principal: { type: 'Agent', id: 'bench' },
      action: { type: 'Action', id: 'call' },
      resource: { type: 'Resource', id: 'tool' },
      context: facts,
      preparsedPolicySetId: 'bench',
      entities: [],
    })
    if (answer.type !== 'success' || answer.response.diagnostics.errors.length > 0)
      throw new Error(text(answer))
    return answer.response.diagnostics.reason.toSorted()
  }
}

export function celPeer(rules) {
  const environment = new Environment({ unlistedVariablesAreDyn: true })
  const words = {
    all: (parts) => `(${parts.join(' && ')})`,
    any: (parts) => `(${parts.join(' || ')})`,
    not: (part) => `!(${part})`,
    leaf: ({ path, op, value }) => {
      const read = nameOf(path)
      if (op === 'eq') return `${read} == ${text(value)}`
      if (op === 'in') return `${read} in [${value.map(text).join(', ')}]`
      if (op === 'gt') return `${read} > ${value}.0`
      if (op === 'lte') return `${read} <= ${value}.0`
      if (op === 'has') return `${text(value)} in ${read}`
      if (op === 'hasAny') return `(${value.map((one) => `${text(one)} in ${read}`).join(' || ')})`
      return `${read}.startsWith(${text(value)})`
    },
  }
  const programs = rules.map(({ id, when }) => [id, environment.parse(written(when, words))])
  return (facts) => programs.flatMap(([id, program]) => (program(facts) ? [id] : [])).toSorted()
}

export function jsonLogicPeer(rules) {
  const engine = new LogicEngine()
  engine.addMethod('startsWith', ([whole, start]) => whole.startsWith(start), { deterministic: true })
  const words = {
    all: (parts) => ({ and: parts }),
    any: (parts) => ({ or: parts }),
    not: (part) => ({ '!': part }),
    leaf: ({ path, op, value }) => {
      const read = { var: nameOf(path) }
      if (op === 'eq') return { '===': [read, value] }
      if (op === 'in') return { in: [read, value] }
      if (op === 'gt') return { '>': [read, value] }
      if (op === 'lte') return { '<=': [read, value] }
      if (op === 'has') return { in: [value, read] }
      if (op === 'hasAny') return { or: value.map((one) => ({ in: [one, read] })) }
      return { startsWith: [read, value] }
    },
  }
  const programs = rules.map(({ id, when }) => [id, engine.build(written(when, words))])
  return (facts) => programs.flatMap(([id, program]) => (program(facts) ? [id] : [])).toSorted()
}

/** Answers only whether any rule matches. */
export async function casbinPeer(rules) {
  const words = {
    all: (parts) => `(${parts.join(' && ')})`,
    any: (parts) => `(${parts.join(' || ')})`,
    not: (part) => `!(${part})`,
    leaf: ({ path, op, value }) => {
      const read = `r.req.${nameOf(path)}`
      if (op === 'eq') return `${read} == ${quoted(value)}`
      if (op === 'in') return `(${value.map((one) => `${read} == ${quoted(one)}`).join(' || ')})`
      if (op === 'gt') return `${read} > ${value}`
      if (op === 'lte') return `${read} <= ${value}`
      if (op === 'has') return `holds(${read}, ${quoted(value)})`
      if (op === 'hasAny') return `(${value.map((one) => `holds(${read}, ${quoted(one)})`).join(' || ')})`
      return `begins(${read}, ${quoted(value)})`
    },
  }
  const enforcer = await newEnforcer(newModelFromString(CASBIN_MODEL))
  await enforcer.addFunction('holds', (list, wanted) => list.includes(wanted))
  await enforcer.addFunction('begins', (whole, start) => whole.startsWith(start))
  await enforcer.addPolicies(rules.map(({ when }) => [written(when, words)]))
  return (facts) => enforcer.enforceSync({ ...facts })
}

const quoted = (one) => (typeof one === 'string' ? `'${one}'` : String(one))

const CASBIN_MODEL = `
[request_definition]
r = req
[policy_definition]
p = sub_rule
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = eval(p.sub_rule)
`

function written(condition, words) {
  if ('all' in condition) return words.all(condition.all.map((part) => written(part, words)))
  if ('any' in condition) return words.any(condition.any.map((part) => written(part, words)))
  if ('not' in condition) return words.not(written(condition.not, words))
  return words.leaf(condition)
}
