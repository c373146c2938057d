/** The gateway as the proxy sees it: one URL and a `fetch` that signs. */
export type Upstream = {
  readonly url: string
  readonly send: (
    url: string,
    init: { method: string; headers: Record<string, string>; body?: Uint8Array; signal?: AbortSignal },
  ) => Promise<Response>
}
