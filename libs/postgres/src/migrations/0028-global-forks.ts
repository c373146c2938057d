import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The global log can begin a new epoch too: what says that the one before ended. */
export class GlobalForks1764000000028 implements MigrationInterface {
  name = 'GlobalForks1764000000028'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(GLOBAL_FORKS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const GLOBAL_FORKS = `
  create table writ.global_forks (
    epoch integer primary key,
    notice text not null,
    at timestamptz not null
  );
  create trigger global_forks_append_only before update or delete or truncate on writ.global_forks
    for each statement execute function app.refuse_change();
  grant select, insert on writ.global_forks to writ_app;
`
