// Stands in for undici within the suite when it tests an authority. The suite's client authenticates by a secret or not at all; a client of
// ours has a key (RFC 7523) and a session key (RFC 9449). So its token request goes out as it wrote it, with an assertion and a proof
// besides, which oauth4webapi makes: a library that shares no code with ours.
import * as oauth from 'oauth4webapi'
import { request as plainRequest } from '#suite-undici'

const { issuer, clientId, privatePem } = JSON.parse(process.env.WRIT_CONFORMANCE_AGENT)
const ES256 = { name: 'ECDSA', namedCurve: 'P-256' }
const insecure = { [oauth.allowInsecureRequests]: true }
const client = { client_id: clientId }

export async function request(url, init = {}) {
  const form = new URLSearchParams(init.body)
  if (init.method !== 'POST' || form.get('grant_type') !== 'authorization_code')
    return plainRequest(url, init)
  const authority = { issuer, token_endpoint: url }
  const key = await crypto.subtle.importKey('pkcs8', derOf(privatePem), ES256, false, ['sign'])
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
  const grantType = form.get('grant_type')
  for (const name of ['grant_type', 'client_id']) form.delete(name)
  const send = () =>
    oauth.genericTokenEndpointRequest(authority, client, oauth.PrivateKeyJwt(key), grantType, form, {
      DPoP,
      ...insecure,
    })
  const first = await send()
  const answer = (await asksForNonce(first)) ? await send() : first
  return { statusCode: answer.status, headers: Object.fromEntries(answer.headers), body: answer }
}

async function asksForNonce(answer) {
  if (answer.ok || !answer.headers.has('dpop-nonce')) return false
  const { error } = await answer.clone().json()
  return error === 'use_dpop_nonce'
}

const derOf = (pem) => Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64')
