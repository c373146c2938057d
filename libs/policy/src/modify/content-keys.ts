/** What keyed rewritings and fingerprints are made with. Both never leave the process. */
export type ContentKeys = {
  /** 32 bytes of the tenant, from the control plane: equal values stay equal within the tenant */
  readonly tenant: Uint8Array
  /** the session whose tokens can be restored */
  readonly sessionId: string
}
