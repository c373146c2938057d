import type { CliConfig } from '../config.ts'
import { Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { MIN_PASSPHRASE } from './kinds.ts'

/** What seals identity keys on disk; asked for at most once in a run. */
export type Passphrase = {
  /** @throws Failure where nobody can be asked */
  readonly toOpen: () => Promise<string>
  /** null where none is wanted, or nobody can be asked. @throws Failure where two entries differ, or it is too short */
  readonly toSeal: () => Promise<string | null>
}

export function passphraseOf(
  config: Pick<CliConfig, 'WRIT_KEY_PASSPHRASE'>,
  terminal: Pick<Terminal, 'askSecret'>,
): Passphrase {
  let known = config.WRIT_KEY_PASSPHRASE ?? null
  const toOpen = async (): Promise<string> => {
    if (known !== null) return known
    const askSecret = terminal.askSecret()
    if (askSecret === null) throw noPassphrase()
    return (known = await askSecret('Passphrase of the identity key: '))
  }
  const toSeal = async (): Promise<string | null> => {
    const askSecret = known === null ? terminal.askSecret() : null
    if (askSecret === null) return known
    const typed = await askSecret('Passphrase to seal the identity key with (none: leave empty): ')
    if (typed === '') return null
    if (typed.length < MIN_PASSPHRASE) throw tooShort()
    if ((await askSecret('The same again: ')) !== typed) throw differing()
    return (known = typed)
  }
  return { toOpen, toSeal }
}

const noPassphrase = (): Failure =>
  new Failure('the identity key is sealed with a passphrase', 'Give it in WRIT_KEY_PASSPHRASE.')
const tooShort = (): Failure =>
  new Failure(
    'that passphrase is too short',
    `Use at least ${MIN_PASSPHRASE} characters: several words, for example.`,
  )
const differing = (): Failure =>
  new Failure('the two entries differ', 'Run the command again; nothing was changed.')
