import { Command } from 'commander'
import { addAgentCommands } from './agent-program.ts'
import { addBridgeCommands } from './bridge-program.ts'
import { exportEvidence, verifyRecords } from './commands/audit.ts'
import type { CliConfig } from './config.ts'
import { addDaemonCommands } from './daemon-program.ts'
import { addHooksCommands } from './hooks-program.ts'
import type { Finish } from './program-parts.ts'
import { accessOf, example, url } from './program-parts.ts'
import { addPolicyCommands } from './policy-program.ts'
import { addRunCommands } from './run-program.ts'
import { addScanCommands } from './scan-program.ts'
import type { Terminal } from './terminal.ts'

export const VERSION = '0.1.0'

/** The `writ` program. It writes to the terminal and throws instead of ending the process. */
export function programOf(config: CliConfig, terminal: Terminal, finish: Finish): Command {
  const program = new Command('writ')
    .description('Identity, policy and records for AI agents.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      // With --json a failure is one object on stdout; otherwise `run` explains it, and help stands before it.
      writeErr: (text) => (terminal.json ? undefined : terminal.note(text.trimEnd())),
      outputError: () => undefined,
    })
  addAgentCommands(program, config, finish)
  addBridgeCommands(program, config, finish)
  addAuditCommands(program, config, finish)
  addPolicyCommands(program, config, finish)
  addDaemonCommands(program, config, finish)
  addHooksCommands(program, config, finish)
  addRunCommands(program, config, finish)
  addScanCommands(program, config, finish)
  example(program, 'writ enrol --help')
  program.addHelpText('after', EXIT_CODES)
  for (const command of everyCommand(program)) command.option('--json', 'print the result as JSON', false)
  return program
}

/** A command, and all that are under it. */
export const everyCommand = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap(everyCommand),
]

const EXIT_CODES =
  '\nExit codes: 0 it is so, 1 the answer is no, 2 misuse, 3 a server refused or did not answer, 4 a fault of writ.'

function addAuditCommands(program: Command, config: CliConfig, finish: Finish): void {
  const audit = program.command('audit').description('export records and verify them offline')
  example(audit, 'writ audit export evidence.json && writ audit verify evidence.json')
  const exporting = audit
    .command('export <file>')
    .description('write records, signatures and keys to a file')
    .addOption(url(config))
    .action((file, options) =>
      finish((terminal) => exportEvidence(accessOf(config, options.url), file, terminal)),
    )
  example(exporting, 'WRIT_API_KEY=wak_… writ audit export evidence.json')
  const verifying = audit
    .command('verify [file]')
    .description('check signatures, chain and completeness on this machine')
    .option(
      '--trusted <file>',
      'earlier evidence: only node keys that stand in it count (default: those first seen, in WRIT_HOME)',
    )
    .addOption(url(config))
    .action((file, options) =>
      finish((terminal) =>
        verifyRecords(
          config.WRIT_HOME,
          () => accessOf(config, options.url),
          { file, trusted: options.trusted },
          terminal,
        ),
      ),
    )
  example(verifying, 'writ audit verify evidence.json')
}
