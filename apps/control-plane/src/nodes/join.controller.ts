import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common'
import { JoinAnswer, JoinRequest } from '@writ/contracts'
import type { FastifyReply } from 'fastify'
import type { RimRequest } from '../http/request.ts'
import { parseBody } from '../http/schema.pipe.ts'
import { Access } from '../tenancy/access.ts'
import { Answers } from '../http/answers.ts'
import { JoinService } from './join.service.ts'
import { requireNodeProof } from './node-keys.ts'

/** The only route that a node uses before it has a signature of its own. */
@Controller('internal/v1/join')
@Access('public')
export class JoinController {
  constructor(private readonly nodes: JoinService) {}

  @Post()
  @HttpCode(200)
  @Answers({ body: JoinRequest, answer: JoinAnswer })
  async join(@Req() request: RimRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const rawBody = request.rawBody ?? new Uint8Array()
    this.nodes.sealOf(request)(rawBody)
    const asked = parseBody(JoinRequest, request.body)
    // The secret is the same for all gateways, so it must not be enough to speak for the key of another one.
    requireNodeProof(request, rawBody, asked.publicKey)
    // Serialised here, because the very bytes of the answer are authenticated.
    const answer = JSON.stringify(await this.nodes.join(asked))
    reply.headers({
      'content-type': 'application/json',
      'writ-join': this.nodes.answerMac(asked.nonce, answer),
    })
    return answer
  }
}
