import type { FastifyReply } from 'fastify'
import type { RimRequest } from '../../http/request.ts'
import { sendOn } from '../../pages/page.ts'

/** Sends a browser to sign in, and back to where it is now. */
export const signInFirst = (reply: FastifyReply, slug: string, { url }: RimRequest): void =>
  sendOn(reply, `/t/${slug}/sign-in?${new URLSearchParams({ return: url })}`)
