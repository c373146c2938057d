import type { BundlePolicy, Condition, JsonObject, Rule } from '@writ/contracts'
import type { Dice } from './dice.suite.ts'
import { caseOf, policiesOf } from './generate.suite.ts'
import type { Case } from './generate.suite.ts'
import { LABELS } from './generate-conditions.suite.ts'
import { policy, rule } from './given.suite.ts'
import { TEMPLATES } from './templates.ts'

/** Questions as the daemon of a device asks them, and policies about them: the shipped ones, and rules on facts, paths, hosts and packages. */

const KINDS = ['shell', 'shell.input', 'file.read', 'file.write', 'file.delete', 'file.patch', 'file.search']
const MORE_KINDS = ['network.fetch', 'network.connect', 'web.search', 'agent.start', 'client.tool', 'unknown']
const FACTS =
  `destructive_delete credential_read env_leak exfiltration download_run package_install guard_tamper persistence privilege unresolvable
  opaque_exec package_typosquat lockfile_changed_source agent_instruction metadata_access unknown_tool unknown_refused`.split(
    /\s+/,
  )
const PATHS = [
  '/home/dev/app/src/a.ts',
  '/home/dev/.ssh/id_rsa',
  '/etc/hosts',
  '/tmp/x',
  'C:/Users/dev/app/a',
]
const HOSTS = ['docs.example', '10.0.0.1', '169.254.169.254', 'x.example', '::1', '::ffff:a9fe:a9fe']
const PACKAGES = ['npm/left-pad', 'pypi/requests', 'npm/@acme/a']
const PROGRAMS = ['rm', 'git', 'curl', 'bash']
const CLASSES = ['exec', 'read.private', 'write.local', 'destructive', 'credential', 'admin'] as const

/** The shipped policies that are about local actions: every case of theirs is asked by hooks. */
const LOCAL = TEMPLATES.filter(({ document }) =>
  document.tests?.every(({ call }) => call.channel === 'hooks'),
)

/** The arguments of a local action, in the form that policies see. */
function localArgsOf(dice: Dice, kind: string): JsonObject {
  const sure = dice.many(2, () => dice.one(FACTS))
  return {
    kind,
    facts: [...sure, ...dice.many(2, () => dice.one(FACTS))],
    sure,
    paths: {
      read: dice.many(2, () => dice.one(PATHS)),
      write: dice.many(2, () => dice.one(PATHS)),
      delete: dice.many(1, () => dice.one(PATHS)),
    },
    outside: dice.is(3),
    hosts: dice.many(2, () => dice.one(HOSTS)),
    packages: dice.many(2, () => dice.one(PACKAGES)),
    programs: dice.many(2, () => dice.one(PROGRAMS)),
    input: dice.is(2) ? { command: 'rm -rf ~' } : { path: dice.one(PATHS), edits: [] },
  }
}

/** A question of the hooks channel; now and then a call of a server, whose arguments are the agent's own and may look like ours. */
export function localCaseOf(dice: Dice): Case {
  const { asked, given } = caseOf(dice)
  const isServer = dice.is(8)
  const kind = isServer ? 'mcp.call' : dice.one([...KINDS, ...MORE_KINDS])
  const args = isServer && dice.is(2) ? { sure: 'credential_read', facts: { a: 1 } } : localArgsOf(dice, kind)
  const action = {
    ...asked.action,
    method: `hook/${kind}`,
    tool: isServer ? 'read_file' : kind,
    class: dice.one(CLASSES),
    resource: dice.one(PATHS),
  }
  const connection = { id: asked.connection.id, name: 'local', trust: 'internal' as const }
  // what the detectors found points into the text of the note, so that stays what is inspected
  return { asked: { ...asked, channel: 'hooks', connection, args, action }, given }
}

/** All local templates, some of them in other modes, beside rules that nobody ships. */
export function localPoliciesOf(dice: Dice): BundlePolicy[] {
  const shipped = LOCAL.filter(() => dice.is(2)).map(({ document }, at) =>
    policy(document.rules, {
      number: 100 + at,
      groups: [1 + dice.below(3)],
      mode: dice.is(5) ? 'shadow' : 'enforce',
    }),
  )
  const own = policy(
    Array.from({ length: 1 + dice.below(4) }, (_, at) => localRuleOf(dice, at)),
    { number: 50, groups: [1 + dice.below(3)] },
  )
  return [...shipped, own, ...(dice.is(3) ? policiesOf(dice) : [])]
}

function localRuleOf(dice: Dice, at: number): Rule {
  return rule({
    id: `l${at}`,
    effect: dice.one<Rule['effect']>(['deny', 'ask', 'flag', 'allow', 'abort']),
    on: dice.one<Rule['on']>([['outbound'], ['inbound'], ['outbound', 'inbound']]),
    when: { all: dice.many(2, () => localConditionOf(dice)) },
    ...(dice.is(4) ? { unless: localConditionOf(dice) } : {}),
    ...(dice.is(3) ? { channels: [dice.one(['gateway', 'hooks'] as const)] } : {}),
    ...(dice.is(4) ? { labels: { add: [dice.one(LABELS)] } } : {}),
  })
}

const localConditionOf = (dice: Dice): Condition => dice.one(CONDITIONS)(dice)

const CONDITIONS: readonly ((dice: Dice) => Condition)[] = [
  (dice) => ({ path: dice.one(['args.sure', 'args.facts']), op: 'hasAny', value: dice.some(FACTS) }),
  (dice) => ({ path: dice.one(['args.sure', 'args.facts']), op: 'has', value: dice.one(FACTS) }),
  (dice) => ({ path: 'args.hosts', op: dice.one(['subsetOf', 'hasAll']), value: dice.some(HOSTS) }),
  (dice) => ({ path: 'args.hosts.*', op: 'cidr', value: dice.one(['10.0.0.0/8', '169.254.0.0/16']) }),
  (dice) => ({
    path: dice.one(['args.paths.write.*', 'args.paths.read.*', 'args.paths.delete.*']),
    op: dice.one(['startsWith', 'glob']),
    value: dice.one(['/home/dev/app/*', '/home/dev/.ssh', '/etc']),
  }),
  (dice) => ({ path: 'args.packages.*', op: 'glob', value: dice.one(['npm/*', 'npm/@acme/*', '*']) }),
  (dice) => ({ path: 'args.programs', op: 'hasAny', value: dice.some(PROGRAMS) }),
  (dice) => ({ path: 'args.outside', op: 'eq', value: dice.is(2) }),
  (dice) => ({ path: 'args.kind', op: 'in', value: dice.some(KINDS) }),
  (dice) => ({ path: 'args.input.command', op: 'contains', value: dice.one(['rm', 'x']) }),
  (dice) => ({ path: 'action.class', op: 'in', value: dice.some(CLASSES) }),
  (dice) => ({ path: 'channel', op: 'eq', value: dice.one(['hooks', 'gateway']) }),
  (dice) => ({ not: { path: 'args.facts', op: 'has', value: dice.one(FACTS) } }),
]
