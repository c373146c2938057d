// CPU time of one decision: 100 policies / 500 rules that all apply, a question of about 1.5 KB. Prints one line of JSON.
// A rule in ten asks for content signals, so the detectors run in every decision; `detail` says what they cost alone.
import { compilePolicies, decide, detect } from '@writ/policy'

const ulid = (number) => String(number).padStart(26, '0')
const GROUP = `grp_${ulid(1)}`
const EFFECTS = ['deny', 'ask', 'flag']

const ruleOf = (number) => ({
  id: `rule-${number}`,
  effect: EFFECTS[number % EFFECTS.length],
  on: ['outbound', 'inbound'],
  when: {
    all: [
      { path: 'action.tool', op: 'in', value: [`tool_${number % 40}`, `tool_${number % 7}`] },
      {
        any: [
          { path: 'args.branch', op: 'glob', value: `release/${number % 9}*` },
          { path: 'args.amount', op: 'gt', value: number },
        ],
      },
      number % 10 === 0
        ? { path: 'content.signals', op: 'has', value: 'inj.override' }
        : { not: { path: 'human.name', op: 'eq', value: `human ${number % 11}` } },
    ],
  },
  reason: 'a rule of the benchmark',
})

const policies = Array.from({ length: 100 }, (_, policy) => ({
  id: `pol_${ulid(policy)}`,
  name: `policy ${policy}`,
  version: 1,
  groups: [GROUP],
  document: {
    writ: 1,
    mode: 'enforce',
    rules: Array.from({ length: 5 }, (__, rule) => ruleOf(policy * 5 + rule)),
  },
}))

const questionOf = (number) => {
  const args = {
    branch: `feature/${number}`,
    amount: 0,
    title: 'Quarterly report',
    files: Array.from({ length: 10 }, (_, file) => ({
      path: `docs/page-${file}.md`,
      text: 'The build is green and the notes are up to date. '.repeat(2),
    })),
  }
  return {
    agent: { id: `agt_${ulid(1)}`, name: 'bench', groups: [GROUP] },
    human: { id: `hum_${ulid(1)}`, name: 'Ana', groups: [GROUP] },
    groups: [GROUP],
    session: { id: `ses_${ulid(1)}` },
    connection: { id: `con_${ulid(1)}`, name: 'github' },
    action: {
      method: 'tools/call',
      tool: `tool_${number % 40}`,
      class: 'write',
      classSource: 'inferred',
      resource: 'github/tool',
    },
    channel: 'gateway',
    direction: 'outbound',
    args,
    content: { name: `tool_${number % 40}`, arguments: args },
  }
}

const compiled = compilePolicies(policies)
const questions = Array.from({ length: 64 }, (_, number) => questionOf(number))
const median = (numbers) => numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)]

const microsecondsOf = (work) => {
  const before = process.cpuUsage()
  for (let round = 0; round < 4; round += 1) for (const question of questions) work(question)
  const spent = process.cpuUsage(before)
  return (spent.user + spent.system) / (4 * questions.length)
}
const measure = (work) => {
  for (let warm = 0; warm < 8; warm += 1) microsecondsOf(work)
  return Math.round(median(Array.from({ length: 15 }, () => microsecondsOf(work))) * 100) / 100
}

const value = measure((question) => decide(compiled, question))
const detectors = measure((question) => detect(question.content))
const bytes = JSON.stringify(questions[0].content).length
console.log(
  JSON.stringify({
    name: 'decide',
    unit: 'us',
    value,
    detail: { policies: 100, rules: 500, contentBytes: bytes, detectorsUs: detectors },
  }),
)
