import { Command, Option } from 'commander'
import { addAgentCommands } from './agent-program.ts'
import { addBridgeCommands } from './bridge-program.ts'
import type { CliConfig } from './config.ts'
import { addDaemonCommands } from './daemon-program.ts'
import { addHooksCommands } from './hooks-program.ts'
import type { Finish } from './program-parts.ts'
import { accessOf, example, url } from './program-parts.ts'
import { addPolicyCommands } from './policy-program.ts'
import { addRunCommands } from './run-program.ts'
import { addScanCommands } from './scan-program.ts'
import type { Terminal } from './terminal.ts'
import { addWitnessCommands } from './witness-program.ts'

// Loaded by the command that is asked for: all others start without it.
const engine = {
  exporting: () => import('./commands/audit-export.ts'),
  verifying: () => import('./commands/audit-verify.ts'),
}

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
  addWitnessCommands(program, finish)
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
    .command('export [file]')
    .description('have a pack for auditors made and write it to a file: records, proofs, a report')
    .option('--from <time>', 'records of this day or time on')
    .option('--to <time>', 'records before this day or time')
    .option('--leaves <from-to>', 'a range of the log by its leaf indexes, instead of a time')
    .option(
      '--filter <name=value>',
      'only records with this value, such as outcome=deny; all that are given must hold',
      several,
    )
    .option('--with-hashes', 'with a filter: also the leaf hashes of all other records of the range')
    .option('--no-disclose', 'open no personal fields, though your role may see them')
    .option('--pack <id>', 'take up a pack that was asked for before, instead of asking for one')
    .option('--out <file>', 'the file to write, as the argument (default: writ-pack.zip)')
    .addOption(
      new Option(
        '--format <format>',
        'a pack, or evidence: the JSON of all records (default for a file that ends in .json)',
      ).choices(['pack', 'evidence']),
    )
    .addOption(url(config))
    .action((file, options) =>
      finish(async (terminal) =>
        (await engine.exporting()).exportRecords(
          accessOf(config, options.url),
          { ...options, file },
          terminal,
        ),
      ),
    )
  example(exporting, 'WRIT_API_KEY=wak_… writ audit export october.zip --from 2026-10-01 --to 2026-11-01')
  addVerifying(audit, config, finish)
}

/** An option that may stand more than once. */
const several = (value: string, before: readonly string[] | undefined): readonly string[] | undefined => [
  ...(before ?? []),
  value,
]

function addVerifying(audit: Command, config: CliConfig, finish: Finish): void {
  const verifying = audit
    .command('verify [file]')
    .description('check a pack, or evidence, on this machine: signatures, chain, completeness')
    .option('--trust <file>', 'of a pack: the trust file that is known already (default: as delivered)')
    .option('--checkpoint <note>', 'of a pack: an older checkpoint that its log must grow from', several)
    .option('--witness <key>', 'of a pack: a witness that must have cosigned it', several)
    .option('--pack <previous>', 'of a pack: the pack before it')
    .option(
      '--trusted <file>',
      'of evidence: only node keys that stand in this earlier one count (default: those first seen, in WRIT_HOME)',
    )
    .addOption(url(config))
    .action((file, { url: origin, trusted, trust, checkpoint, witness, pack }) =>
      finish(async (terminal) =>
        (await engine.verifying()).verifyAny(
          config.WRIT_HOME,
          () => accessOf(config, origin),
          { file, trusted, trust, checkpoint, witness, pack },
          terminal,
        ),
      ),
    )
  example(verifying, 'writ audit verify october.zip --pack september.zip')
}
