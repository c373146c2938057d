import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Requests for approval are forgotten a while after they ended; what became of each stands in the records. */
export class ApprovalsEnd1764000000008 implements MigrationInterface {
  name = 'ApprovalsEnd1764000000008'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FORGETTING)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const FORGETTING = `
  grant delete on writ.approvals to writ_app;
  create index approvals_ended on writ.approvals (tenant_id, expires_at);
`
