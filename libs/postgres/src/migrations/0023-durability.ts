import type { MigrationInterface, QueryRunner } from 'typeorm'

/** When a tenant's answers may go out, and how far the streams of a node are archived. */
export class Durability1764000000023 implements MigrationInterface {
  name = 'Durability1764000000023'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TENANTS)
    await runner.query(ARCHIVES)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const TENANTS = `
  alter table writ.tenants add durability text not null default 'strict'
    check (durability in ('strict', 'strict-remote', 'standard'));
  grant update (durability) on writ.tenants to writ_app;
`

// Batches of a stream got their leaves in its order, so the newest one that is archived as a whole says how far. Of the batches after it
// there are few: a checkpoint covers them within seconds.
const ARCHIVES = `
  create policy stream_batches_platform on writ.stream_batches for select to writ_owner using (true);
  create function app.stream_archives(wanted_node text, wanted text[])
    returns table (stream text, next_seq bigint, archived_seq bigint)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select s.id, s.next_seq, coalesce((
        select b.from_seq + b.count from writ.stream_batches b
         where b.tenant_id = s.tenant_id and b.stream_id = s.id
           and b.first_leaf + (b.from_seq + b.count - b.first_seq) <= t.archived_size
         order by b.from_seq desc limit 1), 0)
        from writ.streams s left join writ.tenant_trees t on t.tenant_id = s.tenant_id
       where s.node_id = wanted_node and s.id = any(wanted)
    $$;
  revoke execute on function app.stream_archives(text, text[]) from public;
  grant execute on function app.stream_archives(text, text[]) to writ_app;
`
