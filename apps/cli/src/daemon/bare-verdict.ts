import { understand } from '@writ/actions'
import type { HookClient, LocalAction } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { mediateHook } from '@writ/enforcement'
import type { HookFault, HookVerdict } from '@writ/hooks'
import type { EgressAsk, KernelRefusal } from './daemon.ts'
import type { HookDeskPorts } from './desk-ports.ts'
import { placeOf } from './desk-ports.ts'
import { newId } from './moment.ts'
import { reasonOf } from './verdict.ts'

/** One action that no event tells of. @property refusal why it is not done, whatever policy says */
type Bare = {
  readonly action: LocalAction
  readonly client: HookClient
  readonly conversation: string | null
  readonly tool: string | null
  readonly body: Uint8Array
  readonly refusal: Refusal | null
  /** the sandbox holds it, in every tier, and so often it was tried */
  readonly held?: { readonly times: number }
}

/** What cannot be read is recorded as something that nobody knows, and refused. */
export const verdictOnFault = (
  { client, name, detail }: HookFault,
  body: Uint8Array,
  hangUp: AbortSignal,
  ports: HookDeskPorts,
): Promise<HookVerdict> =>
  verdictOnBare(
    {
      action: { kind: 'unknown', tool: name ?? 'unreadable', args: {} },
      client,
      conversation: null,
      tool: name,
      body,
      refusal: new Refusal('message_malformed', detail),
    },
    hangUp,
    ports,
  )

/** A connection that a sandbox's proxy sees. What the sandbox refuses by itself is recorded as denied. */
export function verdictOnEgress(
  { host, port, verb, path, refusal, conversation = null }: EgressAsk,
  hangUp: AbortSignal,
  ports: HookDeskPorts,
): Promise<HookVerdict> {
  const action: LocalAction = {
    kind: 'network.connect',
    host,
    port,
    ...(verb === undefined ? {} : { verb }),
    ...(path === undefined ? {} : { path }),
  }
  const refused = refusal === undefined ? null : new Refusal('connection_forbidden', refusal)
  const body = Buffer.from(JSON.stringify(action))
  return verdictOnBare(
    {
      action,
      client: 'sandbox',
      conversation,
      tool: null,
      body,
      refusal: refused,
      ...(refused === null ? {} : { held: { times: 1 } }),
    },
    hangUp,
    ports,
  )
}

/** What the kernel refused in a sandbox. */
export const verdictOnKernel = (
  { action, call, reason, times }: KernelRefusal,
  hangUp: AbortSignal,
  ports: HookDeskPorts,
): Promise<HookVerdict> =>
  verdictOnBare(
    {
      action,
      client: 'sandbox',
      conversation: null,
      tool: call,
      body: Buffer.from(JSON.stringify(action)),
      refusal: new Refusal('sandbox_refused', reason),
      held: { times },
    },
    hangUp,
    ports,
  )

async function verdictOnBare(
  { action, client, conversation, tool, body, refusal, held }: Bare,
  hangUp: AbortSignal,
  { steps, ledger, clock, userHome, world }: HookDeskPorts,
): Promise<HookVerdict> {
  const understood = understand(action, placeOf({ cwd: null, workspaces: [] }, null, userHome), world())
  const answer = await mediateHook(
    {
      decisionId: newId('dec'),
      body,
      atMs: clock.nowMs(),
      hangUp,
      moment: 'before',
      understood,
      content: understood.content,
      told: { client, conversation, toolUse: null, tool },
      server: null,
      canAsk: false,
      ...(held === undefined ? {} : { held }),
    },
    refusal === null ? steps : { ...steps, weigh: async () => refusal },
    ledger,
    clock,
  )
  const { outcome, decisionId, approval } = answer
  return {
    outcome,
    reason: outcome === 'allow' ? '' : reasonOf(answer),
    decisionId,
    approval,
    modified: null,
  }
}
