import { Controller, Get, Header, SerializeOptions } from '@nestjs/common'
import { writeNoteKey } from '@writ/audit'
import { PlatformQueries, treeStoreOf } from '@writ/postgres'
import { z } from 'zod'
import { Settings } from '../settings.ts'
import { Access } from '../tenancy/access.ts'
import { originOf } from './log-sealing.ts'
import { LogKeys } from './log-keys.ts'

const GlobalLog = z.strictObject({
  v: z.literal('writ.log.v1'),
  /** what the origins of the tenants' logs begin with */
  prefix: z.string(),
  /** keys of logs by this name and a star for the rest: what a witness is told to cosign */
  anyLog: z.array(z.string()),
  origin: z.string(),
  logKeys: z.array(z.strictObject({ key: z.string(), until: z.iso.datetime().nullable() })),
  witnesses: z.array(z.string()),
  /** the newest checkpoint of the global log: it covers one of every tenant, and names none */
  checkpoint: z.string().nullable(),
  /** signed, that an epoch of the global log ended, and why */
  forks: z.array(z.strictObject({ epoch: z.int().positive(), notice: z.string(), at: z.iso.datetime() })),
})

/** What anybody may know: the keys, and the newest checkpoint of the log over all logs. Nothing of it says which tenants there are. */
@Controller('.well-known/writ-audit.json')
@Access('public')
export class WellKnownController {
  constructor(
    private readonly settings: Settings,
    private readonly platform: PlatformQueries,
    private readonly keys: LogKeys,
  ) {}

  @Get()
  @Header('cache-control', 'max-age=5')
  @SerializeOptions({ schema: GlobalLog })
  async log() {
    const prefix = this.settings.logOrigin
    const { state, latest, forks } = await this.platform.global(async (manager) => {
      const store = treeStoreOf(manager, 'global')
      return { state: await store.state(), latest: await store.latest(), forks: await store.forks() }
    })
    const origin = originOf(prefix, state ?? { logId: 'global', epoch: 0 })
    const published = await this.keys.published(origin)
    return {
      v: 'writ.log.v1',
      prefix,
      anyLog: published.map(({ key }) => writeNoteKey({ ...key, name: `${prefix}/*` })),
      origin,
      logKeys: published.map(({ key, until }) => ({
        key: writeNoteKey(key),
        until: until?.toISOString() ?? null,
      })),
      witnesses: this.settings.witnesses.map(({ key }) => writeNoteKey(key)),
      checkpoint: latest?.note ?? null,
      forks: forks.map(({ at, ...fork }) => ({ ...fork, at: at.toISOString() })),
    }
  }
}
