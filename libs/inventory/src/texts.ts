import type { InventoryFinding, InventoryFindingCode } from '@writ/contracts'

type Text = Pick<InventoryFinding, 'severity' | 'what' | 'advice'>

/** What every finding says. Nothing of a machine is in it: what varies stands in `subject` and `place`. */
export const TEXTS: Readonly<Record<InventoryFindingCode, Text>> = {
  secret_in_file: {
    severity: 'high',
    what: 'a secret stands in the configuration as plain text',
    advice:
      'Replace the secret at its service. Let a Writ connection hold the new one, or refer to a variable or a prompt.',
  },
  secret_in_url: {
    severity: 'high',
    what: 'the address of the server has a secret in it',
    advice:
      'Replace the secret at its service and send it in a header, best from a Writ connection: addresses end up in logs.',
  },
  secret_readable_by_all: {
    severity: 'high',
    what: 'every user of this machine can read the file with the secret',
    advice: 'Take the rights away (chmod 600) and replace the secret: it may have been read.',
  },
  secret_readable_by_group: {
    severity: 'medium',
    what: 'the group of the file can read the secret in it',
    advice: 'Take the rights away (chmod 600).',
  },
  secret_referenced: {
    severity: 'medium',
    what: 'the server is handed a lasting secret by a variable, a prompt or a keychain',
    advice: 'Let a Writ connection hold it: the agent then has nothing that it could lose.',
  },
  remote_without_auth: {
    severity: 'high',
    what: 'nothing says how the remote server knows who calls',
    advice:
      'Find out whether it asks for anything. Call it through a Writ connection, which signs every call.',
  },
  remote_in_plain_text: {
    severity: 'high',
    what: 'calls and answers cross the network without encryption (http://)',
    advice: 'Use https://.',
  },
  past_writ: {
    severity: 'medium',
    what: 'calls to this remote server pass by Writ: no policy sees them and no record is kept',
    advice: 'Make it a connection of your tenant and put `writ connect --connection <name>` in its place.',
  },
  not_this_writ: {
    severity: 'high',
    what: 'the program calls itself writ and is not the one that is installed here',
    advice: 'Look at what the program is. Name the installed one by `writ` or by its full path.',
  },
  unpinned_package: {
    severity: 'medium',
    what: 'each start runs whatever version of the package is newest',
    advice: 'Name an exact version, or the digest of an image.',
  },
  download_and_run: {
    severity: 'high',
    what: 'its command fetches something from the network and runs it',
    advice: 'Install a fixed version that somebody has looked at, and start that.',
  },
  managed_file_changeable: {
    severity: 'high',
    what: 'others than an admin can change a file that is to bind everybody',
    advice:
      'Give file and folders to root, writable by nobody else, or run `writ hooks install` again as root.',
  },
  hooks_switched_off: {
    severity: 'medium',
    what: 'a setting switches the hooks of this client off',
    advice: 'Remove the setting, and install managed hooks, which it does not touch.',
  },
  hook_program_missing: {
    severity: 'high',
    what: 'the program of a hook is not there: most clients then let every action pass',
    advice: 'Run `writ hooks doctor`, or remove the hook.',
  },
  agent_unprotected: {
    severity: 'medium',
    what: 'an agent runs with options that switch its own protection off',
    advice: 'Start it by `writ run`, which keeps it in a sandbox whatever its options are.',
  },
  agent_ungoverned: {
    severity: 'low',
    what: 'nothing of Writ sees what this agent does on this machine',
    advice: 'Run `writ hooks install`, or start it by `writ run`.',
  },
}
