import type { ServerResponse } from 'node:http'
import { Injectable } from '@nestjs/common'
import { DiscoveryService } from '@nestjs/core'
import { JoinService } from '../nodes/join.service.ts'
import { NodeSignatures } from '../nodes/node-signatures.ts'
import { routesIn } from '../openapi/routes.ts'
import type { AccessLevel } from '../tenancy/access.ts'
import { AccessCheck } from '../tenancy/access-check.ts'
import { BodyRooms } from './body-rooms.ts'
import { notFound, unavailable } from './problem.ts'
import type { RimRequest } from './request.ts'

const JOIN_ROUTE = '/internal/v1/join'

/**
 * Asks who is there before a body is read, so that nobody makes this process read and parse what it then refuses, and whether there is
 * room for it.
 * The guard asks again: what is closed is closed there.
 */
@Injectable()
export class FrontDoor {
  #levels: ReadonlyMap<string, AccessLevel> | null = null

  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly access: AccessCheck,
    private readonly nodes: NodeSignatures,
    private readonly joins: JoinService,
    private readonly rooms: BodyRooms,
  ) {}

  /** @param answer closes when it is out or the client is gone. @throws ProblemError */
  async lookAt(request: RimRequest, answer: ServerResponse): Promise<void> {
    if (request.is404) throw notFound()
    if (!hasBody(request)) return
    const level = this.#levelOf(request)
    await this.#identify(request, level)
    const leave = this.rooms.enter(request, level)
    if (!leave) throw unavailable('too much is under way')
    if (answer.destroyed) leave()
    else answer.once('close', leave)
  }

  async #identify(request: RimRequest, level: AccessLevel): Promise<void> {
    if (request.routeOptions.url === JOIN_ROUTE) request.seal = this.joins.sealOf(request)
    else if (level === 'node') request.seal = await this.nodes.sealOf(request)
    else if (level === 'device') request.seal = await this.nodes.deviceSealOf(request)
    else await this.access.admit(request, level)
  }

  #levelOf({ method, routeOptions: { url } }: RimRequest): AccessLevel {
    this.#levels ??= new Map(
      routesIn(this.discovery).map((route) => [`${route.method} ${route.path}`, route.access]),
    )
    const level = this.#levels.get(`${method.toLowerCase()} ${url}`)
    if (level === undefined) throw notFound()
    return level
  }
}

const hasBody = ({ headers }: RimRequest): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
