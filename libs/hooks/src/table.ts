import type { HookClient, HookMoment } from '@writ/contracts'
import { DIALECTS } from './dialects.ts'
import { HOOK_CLIENTS } from './fallback.ts'
import type { AnswerForm } from './forms.ts'

/** One event of one client, and what becomes of each verdict there: what docs/clients.md prints. */
export type DialectRow = {
  readonly client: HookClient
  readonly event: string
  readonly moment: HookMoment
  readonly deny: 'stops' | 'result withheld' | 'told only'
  readonly ask: 'the client asks' | 'deny with an approval id'
  /** the member that carries it */
  readonly modify: string | null
}

export function dialectTable(): readonly DialectRow[] {
  return HOOK_CLIENTS.flatMap((client) =>
    Object.entries(DIALECTS[client]?.events ?? {}).map(([event, { moment, answers }]) => ({
      client,
      event,
      moment,
      deny: denyOf(moment, answers),
      ask: answers.ask === null ? 'deny with an approval id' : 'the client asks',
      modify: answers.modify?.member ?? null,
    })),
  )
}

function denyOf(moment: HookMoment, { stops }: AnswerForm): DialectRow['deny'] {
  if (!stops) return 'told only'
  return moment === 'after' ? 'result withheld' : 'stops'
}
