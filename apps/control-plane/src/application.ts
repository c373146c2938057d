import { StandardSchemaSerializerInterceptor } from '@nestjs/common'
import { NestFactory, Reflector } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { Log } from '@writ/runtime'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AdministrationInterceptor } from './administration/administration.interceptor.ts'
import { AppModule } from './app.module.ts'
import type { Outside } from './app.module.ts'
import { Faults } from './faults.ts'
import { acceptBodies } from './http/bodies.ts'
import { FrontDoor } from './http/front-door.ts'
import { NestLog } from './http/nest-log.ts'
import { answerProblem, problemBehind, ProblemFilter } from './http/problem.filter.ts'
import { badRequest } from './http/problem.ts'
import { SchemaPipe } from './http/schema.pipe.ts'
import { TenantScopeInterceptor } from './tenancy/tenant-scope.interceptor.ts'

/** How long a client may take to ask, and how many may be there. An answer may take as long as it takes. */
export type RimLimits = {
  readonly headersMs: number
  /** headers and body together */
  readonly requestMs: number
  readonly lookEveryMs: number
  readonly connections: number
}
const RIM_LIMITS: RimLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  lookEveryMs: 5000,
  connections: 4096,
}

/** The whole control plane, ready to listen. */
export async function createApplication(
  outside: Outside,
  log: Log,
  limits: RimLimits = RIM_LIMITS,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: 1024 * 1024,
    // Whoever else names a source names anybody's.
    trustProxy: outside.settings.trustedProxies.length > 0 && [...outside.settings.trustedProxies],
    // The name of a tool or the URI of a resource stands in a path, percent-encoded.
    routerOptions: { maxParamLength: 4096 },
    // A malformed URL is found before any route is.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) =>
      answerProblem(problemBehind(error) ?? badRequest('the URL is malformed'), reply),
    forceCloseConnections: true,
    keepAliveTimeout: 60_000,
    requestTimeout: limits.requestMs,
    // Silence while an answer is awaited counts too, and a gateway waits up to 25 s for a change.
    connectionTimeout: 120_000,
    http: { headersTimeout: limits.headersMs, connectionsCheckingInterval: limits.lookEveryMs },
  })
  const fastify = adapter.getInstance<FastifyInstance>()
  fastify.server.maxConnections = limits.connections
  acceptBodies(fastify)
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.around(outside), adapter, {
    bodyParser: false,
    logger: new NestLog(log),
    abortOnError: false,
  })
  const door = app.get(FrontDoor)
  fastify.addHook('onRequest', (request, reply) => door.lookAt(request, reply.raw))
  app.useGlobalFilters(new ProblemFilter(new Faults(log)))
  app.useGlobalPipes(new SchemaPipe())
  app.useGlobalInterceptors(
    app.get(TenantScopeInterceptor),
    app.get(AdministrationInterceptor),
    new StandardSchemaSerializerInterceptor(app.get(Reflector)),
  )
  return app
}
