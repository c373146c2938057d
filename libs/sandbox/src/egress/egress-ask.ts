/** One connection, or one request that the proxy reads, before it is made. */
export type EgressAsk = {
  /** lower case, without brackets and without a dot at the end */
  readonly host: string
  readonly port: number
  /** null: a tunnel that is not read */
  readonly verb: string | null
  readonly path: string | null
  /** what the name stands for now, and what would be connected to */
  readonly addresses: readonly string[]
  /** the proxy will not connect, whatever policy says: the record has to say so too */
  readonly refusal: string | null
}

export type EgressAnswer = {
  readonly outcome: 'allow' | 'deny' | 'ask'
  readonly reason: string
  readonly decisionId: string
}

/** Decides and records. Throwing means no. */
export type DecideEgress = (ask: EgressAsk) => Promise<EgressAnswer>
