import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Two configurations for apt-get, given with `-c`, which is read after the system's own (so mirrors and proxies stay what they are):
 * one reads the system's package lists, the other keeps lists of its own. Both write only below `workDir`.
 */
export function aptConfiguration(workDir) {
  const dir = join(workDir, 'apt')
  const lists = join(dir, 'lists')
  for (const folder of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(dir, folder), { recursive: true })
  const withSystemLists = join(dir, 'system-lists.conf')
  const withOwnLists = join(dir, 'own-lists.conf')
  writeFileSync(withSystemLists, COMMON(dir))
  writeFileSync(withOwnLists, `${COMMON(dir)}Dir::State "${dir}";\nDir::State::lists "${lists}";\n`)
  const hasOwnLists = () => readdirSync(lists).some((name) => name.endsWith('Release'))
  return { dir, withSystemLists, withOwnLists, hasOwnLists }
}

// Downloads run as the current user. The hooks are cleared because a system's own may change things elsewhere.
const COMMON = (dir) => `
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Acquire::Retries "1";
Acquire::http::Timeout "15";
Acquire::https::Timeout "15";
Acquire::Languages "none";
Debug::NoLocking "1";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "${dir}/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
`
