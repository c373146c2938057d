/** Names in Redis; part of the contract between control plane and gateways. */
export const CHANGES = 'writ:changes'
export const HEARTBEAT = 'writ:heartbeat'
export const bundleKey = (slug: string): string => `writ:bundle:${slug}`
export const sessionKey = (tenant: string, session: string): string => `writ:session:${tenant}:${session}`
