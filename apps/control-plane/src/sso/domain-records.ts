import { Resolver } from 'node:dns/promises'
import { codeOf } from '../error-code.ts'

/** What the Domain Name System says. A port, injected by class. */
export abstract class DomainRecords {
  /** Each TXT record at a name, its strings put together (RFC 7208 §3.3). Nothing there is an empty list. @throws when it cannot be asked */
  abstract txt(name: string): Promise<string[]>
}

/** @param servers `address` or `address:port`; without any, those of this machine */
export function createDomainRecords(servers: readonly string[]): DomainRecords {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  if (servers.length > 0) resolver.setServers(servers)
  return {
    txt: async (name) => {
      try {
        return (await resolver.resolveTxt(name)).map((strings) => strings.join(''))
      } catch (error) {
        if (NOTHING.has(codeOf(error) ?? '')) return []
        throw error
      }
    },
  }
}

const NOTHING: ReadonlySet<string> = new Set(['ENODATA', 'ENOTFOUND'])
