import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'

/** A signing secret in the form that receivers' libraries take (Standard Webhooks). @param key 24 to 64 random bytes */
export const webhookSecretOf = (key: Uint8Array): string => `${PREFIX}${Buffer.from(key).toString('base64')}`

/** What is signed: one message, at one moment. */
export type SignedMessage = {
  readonly id: string
  readonly atMs: number
  readonly body: string
}

/**
 * The headers of one webhook message (Standard Webhooks 1.0, `v1` signatures). One signature for each secret, so that while a secret is
 * replaced a receiver that knows either of them takes the message.
 */
export function webhookHeaders(
  { id, atMs, body }: SignedMessage,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(atMs / 1000))
  const signatures = secrets.map((secret) => `v1,${hmacOf(`${id}.${timestamp}.${body}`, secret)}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...(signatures.length > 0 && { 'webhook-signature': signatures.join(' ') }),
  }
}

const hmacOf = (text: string, secret: string): string =>
  createHmac('sha256', Buffer.from(secret.slice(PREFIX.length), 'base64'))
    .update(text, 'utf8')
    .digest('base64')
