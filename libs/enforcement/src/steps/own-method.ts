import type { Decision } from '@writ/contracts'
import { isRefusal } from '@writ/contracts'
import type { Refusal } from '@writ/contracts'
import { keepInbound } from './keep.ts'
import type { Weighing, WeighPorts } from './weigh.ts'
import { weigh, weighingOf } from './weigh.ts'

/**
 * What a server asks or tells of its own accord is part of the answer to a call, and is judged as that; and it is a method of its own, which
 * a rule can name: `action.method: sampling/createMessage`. So it is asked about twice, and passes where both times say so.
 * @param asCall the decision on it as a part of the answer, which lets it pass
 */
export async function underOwnMethod(
  weighing: Weighing,
  asCall: Decision,
  method: string,
  ports: WeighPorts,
): Promise<Decision | Refusal> {
  const { action } = weighing.asking
  const asking = { ...weighing.asking, action: { ...action, method } }
  const own = asCall.modified
    ? await weighingOf(asking, 'inbound', asCall.content, ports)
    : { ...weighing, asking }
  const decision = await weigh(own, () => keepInbound({}), ports)
  return isRefusal(decision) ? decision : together(asCall, decision)
}

/** The later decision, with what the one before found and did. */
function together(before: Decision, decision: Decision): Decision {
  const found = new Set(decision.matches.map(nameOf))
  return {
    ...decision,
    modified: before.modified || decision.modified,
    matches: [...before.matches.filter((match) => !found.has(nameOf(match))), ...decision.matches],
    signals: [...new Set([...before.signals, ...decision.signals])],
    labels: [...new Set([...before.labels, ...decision.labels])].toSorted(),
  }
}

const nameOf = ({ policy, rule }: Decision['matches'][number]): string => `${policy}/${rule}`
