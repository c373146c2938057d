/**
 * Row security for one table: rows of the current tenant only, for the owner too.
 * `app.tid()` stands in a sub-select so that Postgres asks it once per statement and not once per row.
 */
export const guardByTenant = (table: string, tenantColumn = 'tenant_id'): string => `
  alter table writ.${table} enable row level security;
  alter table writ.${table} force row level security;
  create policy ${table}_tenant on writ.${table}
    using (${tenantColumn} = (select app.tid()))
    with check (${tenantColumn} = (select app.tid()));
`
