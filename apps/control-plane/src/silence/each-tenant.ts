/**
 * Looks after one tenant after the other; what fails for one keeps no other from its turn.
 * @throws the first failure, once all were looked after
 */
export async function eachTenant<Tenant>(
  tenants: readonly Tenant[],
  lookAfter: (tenant: Tenant) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  for (const tenant of tenants)
    await lookAfter(tenant).catch((error: unknown) => {
      failures.push(error)
    })
  if (failures.length > 0) throw failures[0]
}
