import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The few questions that are asked before a tenant is known, or over all tenants: each one function, each listed in the catalog spec. */
export class PlatformReads1764000000005 implements MigrationInterface {
  name = 'PlatformReads1764000000005'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(OWNER_READS)
    for (const definition of FUNCTIONS) await runner.query(definer(definition))
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// Row security is forced on the owner too, and the functions run as the owner: what they may read is said here, table by table.
const OWNER_READS = `
  create policy tenants_platform on writ.tenants for select to writ_owner using (true);
  create policy api_keys_platform on writ.api_keys for select to writ_owner using (true);
  create policy bundles_platform on writ.bundles for select to writ_owner using (true);
  create policy streams_platform on writ.streams for select to writ_owner using (true);
  create policy outbox_platform on writ.outbox for select to writ_owner using (true);
  create policy outbox_publish on writ.outbox for update to writ_owner using (true) with check (true);
`

type Definer = {
  readonly signature: string
  readonly returns: string
  readonly body: string
  readonly writes?: true
}

const definer = ({ signature, returns, body, writes }: Definer): string => `
  create function app.${signature} returns ${returns} language sql ${writes ? 'volatile' : 'stable'}
    security definer set search_path = pg_catalog, pg_temp as $$ ${body} $$;
  revoke execute on function app.${nameAndTypes(signature)} from public;
  grant execute on function app.${nameAndTypes(signature)} to writ_app;
`

// "f(slug text, n integer)" names its parameters; a grant wants "f(text, integer)".
const nameAndTypes = (signature: string): string => signature.replaceAll(/([(,]\s*)\w+ /g, '$1')

const FUNCTIONS: readonly Definer[] = [
  {
    signature: 'tenant_by_slug(wanted text)',
    returns: 'setof writ.tenants',
    body: 'select * from writ.tenants where slug = wanted',
  },
  {
    signature: 'api_key_by_id(wanted text)',
    returns: 'table (tenant_id text, role text, secret_sha256 text)',
    body: `select tenant_id, role, secret_sha256 from writ.api_keys where id = wanted and revoked_at is null`,
  },
  {
    signature: 'bundle_by_slug(wanted text)',
    returns: 'table (tenant_id text, slug text, version integer, signed text)',
    body: `select t.id, t.slug, b.version, b.signed
             from writ.tenants t join writ.bundles b on b.tenant_id = t.id
            where t.slug = wanted order by b.version desc limit 1`,
  },
  {
    signature: 'bundle_heads()',
    returns: 'table (tenant_id text, slug text, version integer, signed text)',
    body: `select distinct on (t.id) t.id, t.slug, b.version, b.signed
             from writ.tenants t join writ.bundles b on b.tenant_id = t.id
            order by t.id, b.version desc`,
  },
  {
    signature: 'pending_outbox(most integer)',
    returns: 'table (seq bigint, tenant_id text, slug text, version integer)',
    body: `select seq, tenant_id, slug, version from writ.outbox where published_at is null order by seq limit most`,
  },
  {
    signature: 'mark_published(seqs bigint[])',
    returns: 'void',
    writes: true,
    body: 'update writ.outbox set published_at = now() where seq = any(seqs) and published_at is null',
  },
  {
    signature: 'changes_after(after bigint, most integer)',
    returns: 'table (seq bigint, slug text, version integer)',
    body: 'select o.seq, o.slug, o.version from writ.outbox o where o.seq > after order by o.seq limit most',
  },
  {
    signature: 'feed_position()',
    returns: 'table (committed bigint, published bigint)',
    body: `select newest, coalesce((select min(seq) - 1 from writ.outbox where published_at is null), newest)
             from (select coalesce(max(seq), 0) as newest from writ.outbox) as feed`,
  },
  {
    signature: 'stream_watermarks(wanted_node text, wanted text[])',
    returns: 'table (stream text, next_seq bigint)',
    body: 'select id, next_seq from writ.streams where node_id = wanted_node and id = any(wanted)',
  },
]
