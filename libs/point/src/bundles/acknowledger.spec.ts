import { describe, expect, it } from '@jest/globals'
import type { BundleAcknowledgement } from '@writ/contracts'
import { ControlPlaneAway } from '../node/control-plane-http.ts'
import { createAcknowledger } from './acknowledger.ts'

const applied = (tenant: string): BundleAcknowledgement => ({
  tenant,
  version: 1,
  outcome: 'applied',
  detail: '',
})

/** The control plane: what it heard, and with which status it answers for the tenant `gone`. */
function given(status: number | null) {
  const [heard, reported]: [string[], string[]] = [[], []]
  const acknowledger = createAcknowledger(
    async ({ tenant }) => {
      if (tenant === 'gone') throw new ControlPlaneAway('no', status)
      heard.push(tenant)
    },
    (problem) => void reported.push(problem),
  )
  for (const tenant of ['gone', 'acme']) acknowledger.acknowledge(applied(tenant))
  return { acknowledger, heard, reported }
}

describe('an acknowledgement', () => {
  it('of a tenant that is gone is forgotten, and keeps back no other', async () => {
    const { acknowledger, heard, reported } = given(404)
    await acknowledger.flush()
    expect([heard, reported]).toEqual([['acme'], []])
  })

  it.each([503, null])('waits until it is heard: %s', async (status) => {
    const { acknowledger, heard, reported } = given(status)
    await acknowledger.flush()
    expect([heard, reported]).toEqual([[], ['an acknowledgement was not heard']])
  })
})
