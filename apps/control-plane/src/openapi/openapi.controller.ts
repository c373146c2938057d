import { Controller, Get, Header } from '@nestjs/common'
import { DiscoveryService } from '@nestjs/core'
import { Access } from '../tenancy/access.ts'
import { describeApi } from './describe-api.ts'
import { routesIn } from './routes.ts'

@Controller('api/openapi.json')
@Access('public')
export class OpenApiController {
  #description: object | null = null

  constructor(private readonly discovery: DiscoveryService) {}

  /** OpenAPI 3.1, made from the very controllers and schemas that serve. */
  @Get()
  @Header('cache-control', 'public, max-age=60')
  describe() {
    this.#description ??= describeApi(routesIn(this.discovery))
    return this.#description
  }
}
