import { PolicyTest } from '@writ/contracts'
import { explainCase, explainLines } from '@writ/policy/authoring'
import type { ExitCode } from '../../failure.ts'
import { EXIT, Failure } from '../../failure.ts'
import type { Terminal } from '../../terminal.ts'
import { show } from '../../terminal.ts'
import type { Past } from './past-file.ts'
import { isPolicyFile, isUnfit, problemLines, readPolicyFile } from './policy-file.ts'
import { AS_IN_A_GATEWAY } from './test.ts'

/** What is asked of policy files that nobody has published. */
export type AskedOfFiles = Pick<PolicyTest['call'], 'connection' | 'tool' | 'args' | 'direction'> &
  Past & { readonly agent: string }

/** Why would these files, attached to one group, decide a call so? 0: it would be let out. 1: not, or a file is no policy. */
export async function explainFiles(
  files: readonly string[],
  asked: AskedOfFiles,
  terminal: Terminal,
): Promise<ExitCode> {
  const read = await Promise.all(files.map(readPolicyFile))
  const unfit = read.filter(isUnfit)
  if (unfit.length > 0) {
    show(terminal, { files: unfit }, unfit.flatMap(problemLines).join('\n'))
    return EXIT.no
  }
  const documents = read.filter(isPolicyFile).map(({ document }) => document)
  const trace = explainCase(documents, caseOf(asked), AS_IN_A_GATEWAY)
  show(terminal, trace, explainLines(trace).join('\n'))
  return trace.decision.outcome === 'allow' ? EXIT.ok : EXIT.no
}

/** @throws Failure */
function caseOf({ agent, connection, tool, args, direction, ...past }: AskedOfFiles): PolicyTest {
  const content = direction === 'inbound' ? { content: args } : {}
  const read = PolicyTest.safeParse({
    name: 'explain',
    now: new Date().toISOString(),
    agent,
    labels: past.labels,
    history: past.history.map((event) => ({ ...event, connection: event.connection ?? connection })),
    call: { connection, tool, args, direction, ...content },
    expect: { decision: 'allow' },
  })
  if (read.success) return read.data
  throw new Failure('that is not a call', 'Check --agent, --connection and --tool: each is a short name.')
}
