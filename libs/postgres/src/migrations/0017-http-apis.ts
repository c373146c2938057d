import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Connections that are HTTP APIs: what their documents say, as gateways get it, and what of them is no tool. */
export class HttpApis1764000000017 implements MigrationInterface {
  name = 'HttpApis1764000000017'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table writ.connections add api jsonb, add api_left_out jsonb not null default '[]';
      grant update (api, api_left_out) on writ.connections to writ_app;
    `)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}
