// What `startPlatform` takes and gives, for tests and benchmarks in TypeScript.

export interface PlatformOptions {
  /** holds all state; one running platform per directory */
  stateDir: string
  /** its Postgres is in the newest form already (tools/testing/prepared-state.mjs); false when absent */
  isMigrated?: boolean
  /** `auto`: Redis when it can be had; `required`: fails without; `off`: single-node mode */
  redis?: 'auto' | 'required' | 'off'
  gateways?: number
  /** preferred ports; 0 takes any free one. Several gateways count up from `gateway` and `gatewayAdmin` */
  ports?: Partial<
    Record<'controlPlane' | 'gateway' | 'demoUpstream' | 'postgres' | 'workerAdmin' | 'gatewayAdmin', number>
  >
  /** DATABASE_URL, REDIS_URL, WRIT_REDIS and WRIT_REDIS_DIR are read from here; process.env when absent */
  env?: NodeJS.ProcessEnv
  /** further variables for the programs, for tests that need short intervals */
  tuning?: Partial<Record<'controlPlane' | 'auditWorker' | 'gateway', Record<string, string>>> & {
    /** for one gateway each, in their order, beside what all of them get */
    gateways?: readonly Record<string, string>[]
  }
  say?: (text: string, begun?: number) => void
  /** where what is started is noted, for a caller that must be able to stop in the middle of a start */
  running?: { add: (name: string, stop: () => unknown) => void; stopAll: () => Promise<string[]> }
}

export interface PlatformService {
  readonly name: string
  readonly pid: number
  readonly logFile: string
  /** what it announced when it was ready */
  readonly ready: Readonly<Record<string, unknown>>
  /** the last lines of its log since its start */
  tail(): string
  stop(): Promise<void>
  /** kill -9 */
  kill(): Promise<void>
  /** stops it if it runs, then starts it with the same settings, ports and state */
  restart(): Promise<void>
}

export interface PlatformGateway extends PlatformService {
  readonly url: string
  readonly adminUrl: string
  readonly stateDir: string
}

export interface Platform {
  readonly mode: 'redis' | 'single-node'
  readonly controlPlaneUrl: string
  readonly gatewayUrls: readonly string[]
  readonly gateways: readonly PlatformGateway[]
  readonly controlPlane: PlatformService
  readonly auditWorker: PlatformService
  /** as the owner of the schema: past row-level security, for checks from the outside */
  readonly ownerUrl: string
  /** as the role `writ_app` */
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
  readonly secrets: Readonly<
    Record<
      'postgresPassword' | 'appPassword' | 'workerPassword' | 'masterKey' | 'joinSecret' | 'operatorKey',
      string
    >
  >
  readonly stateDir: string
  /** resolves when a part ends without having been asked to; never rejects */
  readonly died: Promise<{ name: string; words: string }>
  /** stops everything in reverse order and gives what could not be stopped */
  stop(): Promise<string[]>
}

export function startPlatform(options: PlatformOptions): Promise<Platform>
