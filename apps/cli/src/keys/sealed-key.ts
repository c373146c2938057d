import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { z } from 'zod'

/** Cost of one guess at a passphrase: 128 MiB and some tenths of a second (OWASP Password Storage, scrypt). */
const COST = { n: 2 ** 17, r: 8, p: 1 } as const

const Base64url = z.base64url()
/** What is kept of a sealed key. The bounds of the cost: nobody weakens it in the file, or makes the reader run out of memory. */
const SealedKey = z.strictObject({
  format: z.literal('writ.sealed-key.v1'),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    n: z.literal([2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18]),
    r: z.literal(8),
    p: z.int().min(1).max(4),
    salt: Base64url,
  }),
  cipher: z.strictObject({ name: z.literal('aes-256-gcm'), iv: Base64url, tag: Base64url }),
  sealed: Base64url,
})
type SealedKey = z.infer<typeof SealedKey>

/** Seals a private key with a passphrase: scrypt, then AES-256-GCM. @param boundTo agent id; the file opens as the key of no other agent */
export async function sealKey(pem: string, passphrase: string, boundTo: string): Promise<string> {
  const [salt, iv] = [randomBytes(16), randomBytes(12)]
  const cipher = createCipheriv('aes-256-gcm', await keyFrom(passphrase, { ...COST, salt }), iv)
  cipher.setAAD(Buffer.from(boundTo))
  const sealed = Buffer.concat([cipher.update(pem, 'utf8'), cipher.final()])
  return JSON.stringify({
    format: 'writ.sealed-key.v1',
    kdf: { name: 'scrypt', ...COST, salt: salt.toString('base64url') },
    cipher: {
      name: 'aes-256-gcm',
      iv: iv.toString('base64url'),
      tag: cipher.getAuthTag().toString('base64url'),
    },
    sealed: sealed.toString('base64url'),
  } satisfies SealedKey)
}

/** @returns null where the passphrase is not the one, or the file was sealed for another agent or changed. @throws ZodError, SyntaxError */
export async function openSealedKey(
  text: string,
  passphrase: string,
  boundTo: string,
): Promise<string | null> {
  const { kdf, cipher, sealed } = SealedKey.parse(JSON.parse(text))
  const key = await keyFrom(passphrase, { ...kdf, salt: bytesOf(kdf.salt) })
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytesOf(cipher.iv), { authTagLength: 16 })
    decipher.setAAD(Buffer.from(boundTo))
    decipher.setAuthTag(bytesOf(cipher.tag))
    return Buffer.concat([decipher.update(bytesOf(sealed)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}

type Cost = { readonly n: number; readonly r: number; readonly p: number; readonly salt: Buffer }

const keyFrom = (passphrase: string, { n: N, r, p, salt }: Cost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    // One passphrase has several spellings in Unicode; a keyboard chooses one.
    scrypt(passphrase.normalize('NFKC'), salt, 32, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url')
