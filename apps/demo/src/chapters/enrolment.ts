import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { AgentView } from '@writ/contracts'
import { AgentView as AgentViewSchema, EnrolmentToken } from '@writ/contracts'
import type { Scene } from '../scene.ts'
import { newAgent, TENANT } from '../tenant.ts'
import { writ } from '../writ.ts'

/** The agent makes its own key and enrols with a one-time token. */
export async function enrolment(scene: Scene, home: string): Promise<AgentView> {
  const { config, demo, transcript } = scene
  transcript.chapter('An agent enrols, with a key of its own')
  const agent = await newAgent(demo.admin, demo.human, `assistant-${Date.now().toString(36)}`)
  const { token } = await demo.admin.send('POST', `agents/${agent.id}/enrolment-tokens`, {}, EnrolmentToken)
  transcript.say(`Ada, the admin, creates the agent ${agent.name} and a one-time token.`)

  const args = [
    'enrol',
    '--tenant',
    TENANT,
    '--profile',
    'demo',
    '--url',
    config.WRIT_CONTROL_PLANE_URL,
    '--json',
  ]
  // A guide leaves nothing in the keychain of whoever runs it.
  const environment = { WRIT_HOME: home, WRIT_KEY_STORE: 'file-0600', WRIT_ENROLMENT_TOKEN: token }
  const first = await writ(args, environment)
  transcript.say('$ writ enrol --tenant demo --profile demo')
  transcript.check(`${agent.name} is enrolled (${agent.id})`, first.exitCode === 0)
  if (first.exitCode !== 0) throw new Error(`writ enrol failed: ${first.stderr}${first.stdout}`)

  const again = await writ([...args, '--force'], { ...environment, WRIT_HOME: `${home}-second` })
  transcript.check('the same token does not work a second time', again.exitCode !== 0)

  const enrolled = await demo.admin.get(`agents/${agent.id}`, AgentViewSchema)
  const keyFile = join(home, 'profiles', 'demo', `${enrolled.identityKey}.pem`)
  const privateKey = (await readFile(keyFile, 'utf8')).split('\n').slice(1, 3).join('')
  transcript.check(
    `the control plane knows its public key (${enrolled.identityKey})`,
    enrolled.identityKey !== null && enrolled.status === 'enrolled',
  )
  transcript.check(
    'the private key is in one file that only its owner can read',
    ((await stat(keyFile)).mode & 0o077) === 0,
  )
  transcript.check(
    'no part of the private key is in the database',
    !(await scene.database.holds(privateKey.slice(40, 80))),
  )
  return enrolled
}
