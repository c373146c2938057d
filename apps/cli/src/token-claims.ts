import { AccessTokenClaims } from '@writ/contracts'
import { EXIT, Failure } from './failure.ts'

/** What an access token of our own says. It came from the authority under our proof: gateways verify it, here it is only shown. @throws Failure */
export function claimsIn(token: string): AccessTokenClaims {
  const [, payload = ''] = token.split('.')
  try {
    return AccessTokenClaims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
  } catch {
    throw new Failure(
      'the authority gave a token that this writ cannot read',
      'Is it of the same version as this writ?',
      EXIT.unavailable,
    )
  }
}
