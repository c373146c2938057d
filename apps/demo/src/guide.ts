import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startAgent } from './agent.ts'
import { change, revocation } from './chapters/change.ts'
import { enrolment } from './chapters/enrolment.ts'
import { firstCall } from './chapters/first-call.ts'
import { injection } from './chapters/injection.ts'
import { personalData } from './chapters/personal-data.ts'
import { records } from './chapters/records.ts'
import type { Scene } from './scene.ts'
import { CONNECTION } from './tenant.ts'
import { startSigningProxy } from './writ.ts'

/** The guided first call, in seven chapters. @returns true when every check held */
export async function runGuide(scene: Scene): Promise<boolean> {
  const { transcript, config } = scene
  const home = await agentHome(join(config.WRIT_STATE_DIR, 'demo', 'agents'))
  try {
    await chapters(scene, home, config.WRIT_GATEWAY_URLS[0] ?? '')
  } catch (error) {
    transcript.check(
      `the guide reached its end (${error instanceof Error ? error.message : String(error)})`,
      false,
    )
  } finally {
    await Promise.all([home, `${home}-second`].map((folder) => rm(folder, { recursive: true, force: true })))
  }
  const failures = transcript.failures()
  transcript.say('')
  transcript.say(
    failures.length === 0
      ? `${transcript.checks()} of ${transcript.checks()} checks hold. That was Writ: nothing unmediated, nothing unrecorded, no credential in an agent's hands.`
      : `${failures.length} of ${transcript.checks()} checks failed:\n${failures.map((fact) => `     - ${fact}`).join('\n')}`,
  )
  return failures.length === 0
}

/** Where the agent of this run keeps its key. What a run that was killed left behind is removed. */
async function agentHome(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return mkdtemp(join(folder, 'agent-'))
}

async function chapters(scene: Scene, home: string, gateway: string): Promise<void> {
  const enrolled = await enrolment(scene, home)
  const proxy = await startSigningProxy(
    ['--profile', 'demo', '--connection', CONNECTION, '--gateway', gateway],
    { WRIT_HOME: home },
  )
  const agent = await startAgent(proxy.url)
  try {
    const withAgent = { ...scene, enrolled, agent, home }
    await firstCall(withAgent)
    await personalData(withAgent)
    await injection(withAgent)
    await change(withAgent)
    await revocation(withAgent)
    await records(withAgent)
  } finally {
    await agent.close().catch(() => undefined)
    await proxy.stop()
  }
}
