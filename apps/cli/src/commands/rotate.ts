import type { RotationAnswer } from '@writ/contracts'
import type { GeneratedKey } from '@writ/identity'
import { AuthorityError, generateKeyPem, rotateIdentity, thumbprintOf } from '@writ/identity'
import type { CliConfig } from '../config.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import type { KeyStore } from '../keys/key-stores.ts'
import { keyStoresOf } from '../keys/key-stores.ts'
import { KEPT } from '../keys/kinds.ts'
import type { Profile } from '../profile.ts'
import { amendProfile, currentKey, keyPlace, readKey, readProfile } from '../profile.ts'
import type { Amending } from '../rotation.ts'
import { AUTHORITY_PORTS, giveUp, promote, settle } from '../rotation.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'

/** What a rotation came to. @property previousUntil null where an earlier rotation, of which the answer was lost, has done it */
type Rotated = {
  readonly profile: Profile
  readonly identityKey: string
  readonly previousUntil: string | null
}

/** Replaces the identity key by a new one that is made here. Both are kept until the authority has answered. */
export async function rotate(config: CliConfig, profileName: string, terminal: Terminal): Promise<ExitCode> {
  const keys = keyStoresOf(config, terminal)
  const stored = await readProfile(config.WRIT_HOME, profileName, keys)
  const store = await keys.forNewKey()
  const rotated = await amendProfile(stored, async (current, write, stillHeld) => {
    const settled = await settle({ stored, current, write, stillHeld, keys })
    if (current.nextKey && settled.keyName === current.nextKey.name)
      return { profile: settled, identityKey: settled.keyName, previousUntil: null }
    return replaceKey({ stored, current: settled, write, stillHeld, keys }, store)
  })
  const { profile, identityKey, previousUntil } = rotated
  show(
    terminal,
    {
      profile: profileName,
      agent: profile.agentId,
      tenant: profile.tenant,
      identityKey,
      keyStore: profile.keyStore,
      previousUntil,
    },
    [
      `${profile.agentName} (${profile.agentId}) has a new identity key, ${identityKey}, kept ${KEPT[profile.keyStore]}.`,
      previousUntil === null
        ? 'A rotation that was interrupted had done it already; the old key is deleted here now.'
        : `The old key is deleted here; the authority takes it until ${previousUntil}. If someone may have copied it, revoke the agent or enrol it again: that ends it at once.`,
    ].join('\n'),
  )
  return EXIT.ok
}

async function replaceKey(amending: Amending, store: KeyStore): Promise<Rotated> {
  const { stored, current, write } = amending
  const key = generateKeyPem()
  const next = { store: store.kind, name: thumbprintOf(key.publicJwk) }
  const pending = { ...amending, current: { ...current, nextKey: next } }
  // From here on a crash leaves both keys, and word of the new one.
  await write(pending.current)
  await store.keep(keyPlace(stored.folder, current, next), key.privatePem)
  const answer = await ask(amending, key).catch(async (error: unknown) => {
    throw await failureOf(error, () => giveUp(pending, next))
  })
  return {
    profile: await promote(pending, next),
    identityKey: next.name,
    previousUntil: answer.previousUntil,
  }
}

async function ask(
  { stored, current, stillHeld, keys }: Amending,
  { privateKey }: GeneratedKey,
): Promise<RotationAnswer> {
  const { issuer, agentId } = current
  // Read before the lock was taken; another rotation may have come between.
  const isSeen = current.keyName === stored.profile.keyName
  const currentIdentity = isSeen
    ? stored.identityKey
    : await readKey(stored, current, currentKey(current), keys)
  // Another process would find a key that the authority does not know yet, and throw it away.
  await stillHeld()
  return rotateIdentity({
    endpoint: `${issuer}/rotate`,
    issuer,
    agentId,
    currentKey: currentIdentity,
    newKey: privateKey,
    ports: AUTHORITY_PORTS,
  })
}

/** A refusal means that the old key is still the identity; without an answer nobody here can tell, and both keys stay. */
async function failureOf(error: unknown, takeBack: () => Promise<unknown>): Promise<unknown> {
  if (error instanceof AuthorityError && error.status < 500) {
    await takeBack()
    return new Failure(
      `the key was not replaced: ${error.message}`,
      'The old key stays. Run `writ status`: it says whether the authority knows this agent.',
      EXIT.unavailable,
    )
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new Failure(
    `it is not known whether the key was replaced: ${reason}`,
    'Both keys are kept. Run `writ rotate` again: it finds out, and finishes what was begun.',
    EXIT.unavailable,
  )
}
