import { isRefusal } from '@writ/contracts'
import { allow, currentBundleOf } from '@writ/enforcement'
import type { Allowed, Asked } from '@writ/enforcement'
import { readMessage, rowOf } from '@writ/mcp'
import { bundleOf, callerOf, connectionOf, receivedOf } from '@writ/point/fixtures'

/** A call that policy let out. */
export function allowedOf(
  change: Partial<Pick<Asked, 'received' | 'caller' | 'connection'>>,
  outgoing: string,
): Allowed {
  const message = readMessage(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}'), {
    maxBytes: 1000,
    maxDepth: 9,
  })
  if (isRefusal(message)) throw new Error(message.detail)
  const row = rowOf(message)
  if (!row) throw new Error('ping has a row')
  const asked: Asked = {
    channel: 'gateway',
    received: receivedOf(),
    caller: callerOf(),
    callerUnder: () => callerOf(),
    connection: connectionOf(),
    current: currentBundleOf(bundleOf('acme', 1), '0'.repeat(64), () => true),
    message,
    row,
    action: { method: 'ping', tool: null, class: 'read.private', classSource: 'default', resource: 'files' },
    args: {},
    tool: { pin: 'unknown', annotations: {} },
    ...change,
  }
  const decision = {
    outcome: 'allow',
    matches: [],
    signals: [],
    modified: false,
    content: {},
    byDefault: false,
    labels: [],
    ask: null,
  } as const
  const allowed = allow(asked, decision, Buffer.from(outgoing))
  if (isRefusal(allowed)) throw new Error('an allow allows')
  return allowed
}
