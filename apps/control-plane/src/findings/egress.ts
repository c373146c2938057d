import type { Found, History } from './history.ts'
import type { Sight, SightOf } from './sight.ts'

/** How long what a hook named may take until it connects. */
export const NAMED_MS = 600_000
/** One machine, one clock; the order of two things at the same moment is nobody's. */
const SAME_MOMENT_MS = 2000

/** Where the models of the clients live: the client itself connects there, and no hook tells of it. */
const MODEL_HOSTS: ReadonlySet<string> = new Set([
  'api.anthropic.com',
  'statsig.anthropic.com',
  'api.openai.com',
  'chatgpt.com',
  'generativelanguage.googleapis.com',
  'cloudcode-pa.googleapis.com',
  'api.githubcopilot.com',
  'api.individual.githubcopilot.com',
  'api.business.githubcopilot.com',
  'api.enterprise.githubcopilot.com',
  'api2.cursor.sh',
])

/** Connections that the sandbox saw to hosts that no hook of the session had named. One finding for a host in ten minutes. */
export function egressWithout(history: History): Found[] {
  if (!history.hasHooks) return []
  const hooks = history.sights.filter(isBefore)
  return history.sights.filter(isEgress).flatMap((egress) => {
    if (!history.isAsked(egress) || egress.isModelHost) return []
    if (history.mayMiss('device', egress.atMs - NAMED_MS, egress.atMs)) return []
    const earlier = hooks.filter(
      ({ atMs }) => atMs >= egress.atMs - NAMED_MS && atMs <= egress.atMs + SAME_MOMENT_MS,
    )
    // A hook that had more hosts than its record has room for may have named this one.
    if (earlier.some(({ more }) => more)) return []
    const unnamed = egress.hosts.filter(
      (host) => !MODEL_HOSTS.has(host) && !earlier.some((hook) => names(hook, host)),
    )
    return unnamed.map((host) => found(egress, host, earlier))
  })
}

type Hook = SightOf<'hooks'>

const isEgress = (sight: Sight): sight is Hook =>
  sight.channel === 'hooks' && sight.client === 'sandbox' && sight.method === 'hook/network.connect'

const isBefore = (sight: Sight): sight is Hook =>
  sight.channel === 'hooks' &&
  sight.client !== 'sandbox' &&
  sight.moment === 'before' &&
  sight.verdict !== 'stopped'

const names = ({ hosts }: Hook, host: string): boolean => hosts.includes(host)

const isProgram = ({ method }: Hook): boolean => method === 'hook/shell' || method === 'hook/shell.input'

function found(egress: Hook, host: string, earlier: readonly Hook[]): Found {
  const isByProgram = earlier.some(isProgram)
  // Where packages come from is the machine's setting: no list of hosts would be true.
  const isForPackages = earlier.some(({ asksForPackages }) => asksForPackages)
  const isMinor = egress.verdict === 'stopped' || isForPackages
  const severity = isMinor ? 'low' : isByProgram ? 'medium' : 'high'
  const how = isForPackages ? ', though packages were asked for in that time' : isByProgram ? STARTED : ''
  return {
    fact: `egress_without_hook ${egress.session} ${host} ${Math.floor(egress.atMs / NAMED_MS)}`,
    about: egress,
    finding: {
      kind: 'egress_without_hook',
      severity,
      decisions: [egress.decision],
      text: `${egress.verdict === 'stopped' ? 'a connection was tried' : 'a connection was made'} to ${host}, which no hook of the session named in the ten minutes before${how}`,
    },
  }
}

const STARTED = ', though programs were started in that time'
