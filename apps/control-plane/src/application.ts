import { StandardSchemaSerializerInterceptor } from '@nestjs/common'
import { NestFactory, Reflector } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { Log } from '@writ/runtime'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppModule } from './app.module.ts'
import type { Outside } from './app.module.ts'
import { Faults } from './faults.ts'
import { acceptBodies } from './http/bodies.ts'
import { NestLog } from './http/nest-log.ts'
import { answerProblem, problemBehind, ProblemFilter } from './http/problem.filter.ts'
import { badRequest } from './http/problem.ts'
import { SchemaPipe } from './http/schema.pipe.ts'
import { TenantScopeInterceptor } from './tenancy/tenant-scope.interceptor.ts'

/** The whole control plane, ready to listen. */
export async function createApplication(outside: Outside, log: Log): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: 1024 * 1024,
    // A malformed URL is found before any route is.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) =>
      answerProblem(problemBehind(error) ?? badRequest('the URL is malformed'), reply),
    forceCloseConnections: true,
    keepAliveTimeout: 60_000,
  })
  acceptBodies(adapter.getInstance<FastifyInstance>())
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.around(outside), adapter, {
    bodyParser: false,
    logger: new NestLog(log),
    abortOnError: false,
  })
  app.useGlobalFilters(new ProblemFilter(new Faults(log)))
  app.useGlobalPipes(new SchemaPipe())
  app.useGlobalInterceptors(
    app.get(TenantScopeInterceptor),
    new StandardSchemaSerializerInterceptor(app.get(Reflector)),
  )
  return app
}
