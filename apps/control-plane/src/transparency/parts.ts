import type { Provider } from '@nestjs/common'
import { AuditController } from './audit.controller.ts'
import { AuditService } from './audit.service.ts'
import { LogCopies } from './copies.ts'
import { Epochs } from './epochs.ts'
import { LogKeyProvider } from './log-key-provider.ts'
import { LogKeys } from './log-keys.ts'
import { LogRows } from './log-rows.ts'
import { LogSealer } from './log-sealer.ts'
import { LogSealing } from './log-sealing.ts'
import { LogSpreading } from './log-spreading.ts'
import { LogsController } from './logs.controller.ts'
import { PlatformLogKeys } from './platform-log-keys.ts'
import { TrustFiles } from './trust-files.ts'
import { WellKnownController } from './well-known.controller.ts'
import { Witnesses } from './witnesses.ts'

/** The trees over the ledger: sealed, copied, witnessed, and proved. */
export const TRANSPARENCY_CONTROLLERS = [AuditController, LogsController, WellKnownController]
export const TRANSPARENCY_SERVICES: Provider[] = [
  AuditService,
  Epochs,
  LogCopies,
  LogKeys,
  LogRows,
  LogSealer,
  LogSealing,
  LogSpreading,
  TrustFiles,
  Witnesses,
  { provide: LogKeyProvider, useClass: PlatformLogKeys },
]
