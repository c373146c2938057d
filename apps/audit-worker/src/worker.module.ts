import { Module } from '@nestjs/common'
import type { DynamicModule } from '@nestjs/common'
import { PlatformQueries, TenantScope } from '@writ/postgres'
import { Acknowledgements } from './acknowledgements.ts'
import { Ingest } from './ingest.ts'
import { Intake, Queues } from './intake.ts'
import { Quarantine } from './quarantine.ts'
import { Telling } from './telling.ts'

/** What the composition root brings in, open already. */
export type Outside = {
  readonly scope: TenantScope
  readonly queries: PlatformQueries
  readonly quarantine: Quarantine
  readonly acknowledgements: Acknowledgements
  readonly queues: Queues
  readonly telling: Telling
}

@Module({})
export class WorkerModule {
  static around(outside: Outside): DynamicModule {
    return {
      module: WorkerModule,
      providers: [
        Ingest,
        Intake,
        { provide: TenantScope, useValue: outside.scope },
        { provide: PlatformQueries, useValue: outside.queries },
        { provide: Quarantine, useValue: outside.quarantine },
        { provide: Acknowledgements, useValue: outside.acknowledgements },
        { provide: Queues, useValue: outside.queues },
        { provide: Telling, useValue: outside.telling },
      ],
    }
  }
}
