import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { Finish } from './program-parts.ts'
import { example } from './program-parts.ts'

/** `writ witness`: anybody may run one. It cosigns checkpoints of logs that only grow. */
export function addWitnessCommands(program: Command, finish: Finish): void {
  const command = program
    .command('witness')
    .description('cosign the checkpoints of logs, as long as they only grow')
    .requiredOption(
      '--log-key <line>',
      'key line of a log that is watched, or of all below a name (repeatable)',
      gathered,
    )
    .requiredOption('--state <folder>', 'where its key is, and what it remembers: keep it')
    .option('--listen <host:port>', 'where it listens; without a host on loopback (0: any free port)', '7440')
    .option('--name <name>', 'what it is called in its cosignatures', 'witness.writ.local')
    .option('--most-logs <n>', 'different logs that it remembers at most', whole, 10_000)
    .action((options) =>
      finish(async (terminal) => {
        const { runWitness } = await import('./witness/run-witness.ts')
        return runWitness(options, terminal)
      }),
    )
  example(command, "writ witness --state /var/lib/witness --log-key 'audit.example/*+1f0a…+AX…'")
}

const gathered = (value: string, before: readonly string[] = []): string[] => [...before, value]

function whole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('this is a whole number from 1 on')
  return Number(text)
}
