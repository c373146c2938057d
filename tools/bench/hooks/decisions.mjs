// A daemon of policy files in a process of its own: decisions.mjs <home>. Prints figures of each round as one line of JSON.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLONE } from '../../state.mjs'
import { median } from '../figures.mjs'

const RULES = 100
const WARM = 4000
const ROUNDS = 5
const A_ROUND = 1000
const COMMANDS = [
  'git status && npm test -- --run | tail -5',
  'grep -rn "TODO" src | sort | head -20',
  'for f in src/*.ts; do wc -l "$f"; done',
  'curl -s https://api.example.com/v1/items | jq .items',
]

const home = process.argv[2]
const { openDaemon } = await import(join(CLONE, 'apps/cli/dist/daemon/index.js'))
const policy = join(home, 'policy.json')
writeFileSync(
  policy,
  JSON.stringify({ writ: 1, title: 'a hundred rules', rules: Array.from({ length: RULES }, rule) }),
)
const daemon = await openDaemon({
  config: { WRIT_HOME: join(home, '.writ'), WRIT_ALLOW_PLAIN_HTTP_BEYOND_LOOPBACK: 'no' },
  source: { kind: 'local', policies: [policy] },
  sockets: null,
  userHome: home,
})
for (let at = 0; at < WARM; at += 1) await timed(at)
const rounds = []
for (let round = 0; round < ROUNDS; round += 1) rounds.push(await figures())
console.log(JSON.stringify({ p50: of('p50'), p95: of('p95'), cpu: of('cpu') }))
await daemon.close()
process.exit(0)

function of(name) {
  return median(rounds.map((one) => one[name]))
}

async function figures() {
  const begun = process.cpuUsage()
  const times = []
  for (let at = 0; at < A_ROUND; at += 1) times.push(await timed(at))
  const { user, system } = process.cpuUsage(begun)
  times.sort((a, b) => a - b)
  return { p50: times[A_ROUND / 2], p95: times[A_ROUND * 0.95], cpu: (user + system) / 1000 / A_ROUND }
}

async function timed(at) {
  const event = eventOf(COMMANDS[at % COMMANDS.length])
  const begun = performance.now()
  const { exit, stderr } = await daemon.ask('claude-code', event)
  if (exit !== 0) throw new Error(`the daemon said no: ${stderr}`)
  return performance.now() - begun
}

function rule(_, at) {
  const hosts = { path: 'args.hosts', op: 'has', value: `host-${at}.example` }
  const reads = { path: 'args.sure', op: 'has', value: 'credential_read' }
  return {
    id: `rule-${at}`,
    effect: 'deny',
    on: ['outbound'],
    channels: ['hooks'],
    when: { all: [hosts, reads] },
    reason: 'No.',
  }
}

function eventOf(command) {
  const told = {
    session_id: 'c',
    transcript_path: '/t',
    cwd: home,
    hook_event_name: 'PreToolUse',
    permission_mode: 'default',
  }
  const use = { tool_name: 'Bash', tool_use_id: 't', tool_input: { command, description: 'x' } }
  return Buffer.from(JSON.stringify({ ...told, ...use }))
}
