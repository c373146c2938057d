export { openDaemon } from './open-daemon.ts'
export type {
  Daemon,
  DaemonOptions,
  DaemonSource,
  DaemonStatus,
  EgressAnswer,
  EgressAsk,
  KernelRefusal,
  LocalSource,
  TenantSource,
} from './daemon.ts'
