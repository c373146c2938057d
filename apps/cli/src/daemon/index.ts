export { openDaemon } from './open-daemon.ts'
export type {
  Daemon,
  DaemonOptions,
  DaemonSource,
  DaemonStatus,
  EgressAnswer,
  EgressAsk,
  LocalSource,
  TenantSource,
} from './daemon.ts'
