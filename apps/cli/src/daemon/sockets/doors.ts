import type { Server } from 'node:net'
import type { ReportProblem } from '@writ/point'
import { adminSocketIn, hookSocketIn, openPrivateFolder } from './folder.ts'
import { watchPlace } from './watch-place.ts'
import { takePlace } from './take-place.ts'

export type Doors = {
  readonly socketPath: string
  readonly adminPath: string
  /** what happened to a socket behind our back; null: nothing */
  readonly trouble: () => string | null
  readonly close: () => Promise<void>
}

export type Servers = { readonly hooks: () => Server; readonly admin: () => Server }

/** Both sockets of a daemon, in one private folder. The first of them is also its lock. @throws Failure where another daemon has it */
export async function openDoors(folder: string, servers: Servers, report: ReportProblem): Promise<Doors> {
  await openPrivateFolder(folder)
  const paths = { hooks: hookSocketIn(folder), admin: adminSocketIn(folder) }
  const hooks = servers.hooks()
  const place = await takePlace(hooks, paths.hooks)
  const admin = servers.admin()
  try {
    await takePlace(admin, paths.admin)
  } catch (error) {
    hooks.close()
    throw error
  }
  const watch = watchPlace({
    path: paths.hooks,
    first: { server: hooks, place },
    create: servers.hooks,
    report,
  })
  return {
    socketPath: paths.hooks,
    adminPath: paths.admin,
    trouble: watch.trouble,
    close: async () => {
      await Promise.all([watch.close(), closed(admin)])
    },
  }
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()))
