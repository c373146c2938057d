/** Names in Redis; part of the contract between control plane and gateways. */
export const CHANGES = 'writ:changes'
export const HEARTBEAT = 'writ:heartbeat'
export const bundleKey = (slug: string): string => `writ:bundle:${slug}`
/** `key` is the hash of the thumbprint of a proof's key and its `jti`. */
export const replayKey = (key: string): string => `writ:rp:${key}`
export const sessionKey = (tenant: string, session: string): string => `writ:session:${tenant}:${session}`
