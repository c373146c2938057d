import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { BundleChange } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { createMetrics } from '@writ/runtime'
import { Clock } from '../clock.ts'
import { Faults } from '../faults.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { BundleKeys } from './bundle-keys.ts'
import type { BundleOutlet } from './bundle-outlet.ts'
import { ChangeFeed } from './change-feed.ts'
import { countedOutlet } from './counted-outlet.ts'
import { Publication } from './publication.ts'
import { Publisher } from './publisher.ts'

let plane: ControlPlane
let wallMs = Date.now()
beforeAll(async () => {
  plane = await givenControlPlane({ clock: { nowMs: () => wallMs } })
})
afterAll(() => plane?.close())

const failing = (): Promise<never> => Promise.reject(new Error('no'))

/** Redis as a list of what reached it; `troubled`: the slug of a tenant whose bundle cannot be published. */
function given(troubled: string, isAway = false) {
  const [published, withdrawn]: [string[], BundleChange[]] = [[], []]
  const outlet: BundleOutlet = {
    beat: () => Promise.resolve(),
    publish: async ({ tenant }) => {
      if (tenant === troubled) return failing()
      published.push(tenant)
      return 'published'
    },
    withdraw: async (gone) => (isAway ? failing() : void withdrawn.push(gone)),
    versionsOf: async (slugs) => slugs.map(() => 0),
  }
  const metrics = createMetrics()
  const publication = new Publication(
    plane.app.get(Clock),
    plane.app.get(PlatformQueries),
    plane.app.get(BundleKeys),
    countedOutlet(outlet, metrics),
    plane.app.get(Faults),
  )
  return { publication, published, withdrawn, metrics }
}

/** The publisher of the control plane itself stands still, so that what is committed stays pending. */
async function committed(): Promise<[string, string]> {
  await plane.app.get(Publisher).beforeApplicationShutdown()
  return [(await plane.newTenant()).tenant.slug, (await plane.newTenant()).tenant.slug]
}

describe('a clock that is put back by an hour', () => {
  it('holds no poll for longer', async () => {
    const { committed: after } = await plane.app.get(PlatformQueries).feedPosition()
    const held = plane.app.get(ChangeFeed).changesAfter(after, 300)
    wallMs -= 3_600_000
    expect((await held).changes).toEqual([])
  })
})

describe('a bundle that cannot be published', () => {
  it('holds up no other: gateways hear of it, it is counted, and it is tried again', async () => {
    const [troubled, other] = await committed()
    const { publication, published, withdrawn, metrics } = given(troubled)
    await publication.publishPending()
    expect(published).toContain(other)
    expect(withdrawn).toMatchObject([{ tenant: troubled, version: 1 }])
    expect(await plane.app.get(PlatformQueries).pendingOutbox(10)).toEqual([])
    expect(plane.logged()).toContain(`the bundle of ${troubled} could not be published`)
    expect(await metrics.exposition()).toContain('writ_bundle_publications_total{outcome="failed"} 1')
    await publication.reconcile(async () => true)
    expect(withdrawn).toHaveLength(2)
  })

  it('stays pending, and ends the round before its heartbeat, where nothing reaches Redis', async () => {
    const [troubled] = await committed()
    const { publication } = given(troubled, true)
    await expect(publication.publishPending()).rejects.toThrow('no')
    const pending = await plane.app.get(PlatformQueries).pendingOutbox(10)
    expect(pending.map(({ tenant }) => tenant)).toContain(troubled)
  })
})
