import type { Refusal } from '@writ/contracts'
import type { Brakes } from '../ports.ts'
import type { PolicyPorts } from '../steps/ask-policy.ts'
import type { HookEntry, HookSteps } from './mediate-hook.ts'
import type { Acting } from './stages.ts'
import { weighHook } from './weigh-hook.ts'

export type HookPorts = PolicyPorts & {
  /** for whom this device acts now; a Refusal where nobody can say */
  readonly identify: () => Promise<Acting | Refusal>
  readonly unkept: Brakes['unkept']
  readonly report: (bug: unknown, entry: HookEntry) => void
}

/** Binds the core rooms to the steps of `mediateHook`. */
export const createHookSteps = (ports: HookPorts): HookSteps => ({
  identify: ports.identify,
  unkept: ports.unkept,
  weigh: (ask, acting, entry) => weighHook(ask, acting, entry, ports),
  report: ports.report,
})
