export { ConfigError, loadConfig } from './config.ts'
export type { Environment } from './config.ts'
export { gathered, GatheredBytes } from './gathered-bytes.ts'
export { startAdminServer } from './health.ts'
export type { AdminServer, AdminServerSettings } from './health.ts'
export { listenOn } from './listen.ts'
export type { ListenAddress } from './listen.ts'
export { createLineLog, createLog } from './log.ts'
export type { LineLog, Log, LogLevel } from './log.ts'
export { createMetrics } from './metrics.ts'
export type { Instrument, Metrics, Timing } from './metrics.ts'
export { isPrivateNetwork, kindOfAddress, PRIVATE_NETWORKS } from './network/address.ts'
export type { AddressKind } from './network/address.ts'
export {
  createReach,
  isLiteralOutOfReach,
  isPortOfAnotherProtocol,
  lookupWithin,
  OutOfReach,
  outOfReach,
} from './network/reach.ts'
export type { Reach, ReachSettings } from './network/reach.ts'
export { createResolve } from './network/resolve.ts'
export type { Resolve, ResolveSettings } from './network/resolve.ts'
export { announceReady, onShutdown } from './shutdown.ts'
export type { ShutdownCause, StoppableProcess } from './shutdown.ts'
