import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createPackageKnowledge, starterIntelligence } from '@writ/actions'
import type { Caller, SessionId } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { Acting, CurrentBundle } from '@writ/enforcement'
import { thumbprintOf } from '@writ/identity'
import { openFileSessionStore, openNodeKeys, pause } from '@writ/point'
import type { NodeKeys } from '@writ/point'
import type { LocalSource } from '../daemon.ts'
import { newId } from '../moment.ts'
import type { PersonDesk } from '../person-desk.ts'
import type { Point } from '../point.ts'
import { hashOfIngredients, ingredientsOf, LOCAL_TENANT, makeLocalBundle } from './local-bundle.ts'
import type { LocalState } from './local-state.ts'
import { localFolder, openLocalState } from './local-state.ts'

export type LocalMeans = { readonly home: string; readonly person: PersonDesk; readonly nowMs: () => number }

/**
 * Policy files in place of a tenant. Who acts is who sits at this machine, by its own word: nothing is proven to anybody else.
 * What was read at the start holds until the end: an agent that edits the files changes nothing that runs.
 * @throws Failure where a file is no policy
 */
export async function openLocalPoint(
  source: LocalSource,
  { home, person, nowMs }: LocalMeans,
): Promise<Point> {
  const stateDir = localFolder(home)
  const ingredients = await ingredientsOf(source, userInfo().username)
  const state = await openLocalState(stateDir, hashOfIngredients(ingredients))
  const keys = await openNodeKeys(stateDir)
  const current = await makeLocalBundle(ingredients, state, keys)
  const packages = createPackageKnowledge({
    intelligence: starterIntelligence(),
    rules: current.bundle.hooks.packages,
  })
  const contentKey = Buffer.from(state.contentKey, 'base64url')
  let session = newId('ses')
  return {
    kind: 'local',
    tenant: LOCAL_TENANT,
    agent: ingredients.agentName,
    agentId: state.agent,
    stateDir,
    sessions: await openFileSessionStore(join(stateDir, 'sessions'), nowMs),
    node: () => state.node,
    identify: async () => actingAs(session, { current, state, keys }),
    current: () => current,
    packages: () => packages,
    session: () => session,
    begin: () => void (session = newId('ses')),
    approvals: person,
    contentKeys: { keyOf: async () => contentKey },
    // What policy aborted is over by the state of its session; there is nobody else to tell.
    sessionEnder: { end: () => {} },
    upstream: null,
    trouble: () => null,
    silentMs: () => null,
    run: (_, signal) => pause(FOR_EVER_MS, signal),
    close: async () => {},
  }
}

const FOR_EVER_MS = 2 ** 31 - 1

type Local = { readonly current: CurrentBundle; readonly state: LocalState; readonly keys: NodeKeys }

function actingAs(session: SessionId, { current, state, keys }: Local): Acting | Refusal {
  const agent = current.agents.get(state.agent)
  const human = current.humans.get(state.human)
  if (!agent || !human) return new Refusal('token_revoked')
  const caller: Caller = {
    tenantId: state.tenant,
    agent: { id: agent.id, name: agent.name, groups: agent.groups },
    human: { id: human.id, name: human.name, groups: human.groups },
    delegators: [],
    session,
    parentSession: null,
    authorizations: null,
    keyThumbprint: thumbprintOf(keys.leasePublicJwk),
    expiresAt: Number.MAX_SAFE_INTEGER,
  }
  return { current, caller }
}
