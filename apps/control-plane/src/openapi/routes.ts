import 'reflect-metadata'
import { RequestMethod } from '@nestjs/common'
import {
  HTTP_CODE_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  ROUTE_ARGS_METADATA,
  RouteParamtypes,
} from '@nestjs/common/internal'
import { DiscoveryService, MetadataScanner } from '@nestjs/core'
import type { z } from 'zod'
import { ROUTE_FORM } from '../http/answers.ts'
import type { RouteForm } from '../http/answers.ts'
import { Access } from '../tenancy/access.ts'
import type { AccessLevel } from '../tenancy/access.ts'

/** One route as its controller declares it. */
export type Route = RouteForm & {
  /** lower case, as OpenAPI wants it */
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** with `:name` for parameters and a leading slash */
  readonly path: string
  readonly access: AccessLevel
  readonly status: number
  readonly parameters: readonly { readonly name: string; readonly schema: z.ZodType }[]
  readonly query?: z.ZodType
  readonly group: string
  readonly name: string
}

/** Every route of the application, read from the metadata that Nest itself serves by. */
export const routesIn = (discovery: DiscoveryService): Route[] =>
  discovery
    .getControllers()
    .map(({ metatype }): unknown => metatype)
    .filter(isController)
    .flatMap(routesOf)

type Controller = abstract new (...parameters: never[]) => unknown
const isController = (metatype: unknown): metatype is Controller => typeof metatype === 'function'

function routesOf(controller: Controller): Route[] {
  const prototype: Record<string, unknown> = controller.prototype
  const names = new MetadataScanner().getAllMethodNames(prototype)
  return names.flatMap((name) => {
    const handler = prototype[name]
    if (typeof handler !== 'function' || Reflect.getMetadata(PATH_METADATA, handler) === undefined) return []
    return pathsOf(controller, handler).map((path) => routeOf({ controller, handler, name }, path))
  })
}

type Place = { readonly controller: Controller; readonly handler: object; readonly name: string }

function routeOf(place: Place, path: string): Route {
  const { controller, handler, name } = place
  const verb: RequestMethod = Reflect.getMetadata(METHOD_METADATA, handler)
  const method = METHODS[verb]
  if (!method) throw new Error(`${path} is served by a method that is not described`)
  const access: AccessLevel | undefined =
    Reflect.getMetadata(Access.KEY, handler) ?? Reflect.getMetadata(Access.KEY, controller)
  if (access === undefined) throw new Error(`${method} ${path} does not say who may call it`)
  return {
    method,
    path,
    access,
    status: Reflect.getMetadata(HTTP_CODE_METADATA, handler) ?? (method === 'post' ? 201 : 200),
    group: controller.name.replace(/Controller$/, ''),
    name,
    ...shapesOf(place),
  }
}

const METHODS: Partial<Record<RequestMethod, Route['method']>> = {
  [RequestMethod.GET]: 'get',
  [RequestMethod.POST]: 'post',
  [RequestMethod.PUT]: 'put',
  [RequestMethod.PATCH]: 'patch',
  [RequestMethod.DELETE]: 'delete',
}

type Argument = { readonly data?: string; readonly schema?: z.ZodType }

function shapesOf({ controller, handler, name }: Place): RouteForm & Pick<Route, 'parameters' | 'query'> {
  const byPlace: Record<string, Argument> = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}
  const declared: RouteForm = Reflect.getMetadata(ROUTE_FORM, handler) ?? {}
  const serialized: { schema?: z.ZodType } = Reflect.getMetadata(SERIALIZER_OPTIONS, handler) ?? {}
  const [body] = argumentsOf(byPlace, RouteParamtypes.BODY)
  const [query] = argumentsOf(byPlace, RouteParamtypes.QUERY)
  return {
    ...(body?.schema && { body: body.schema }),
    ...(serialized.schema && { answer: serialized.schema }),
    ...declared,
    ...(query?.schema && { query: query.schema }),
    parameters: argumentsOf(byPlace, RouteParamtypes.PARAM).flatMap(({ data, schema }) =>
      data !== undefined && schema ? [{ name: data, schema }] : [],
    ),
  }
}

/** The key of `@SerializeOptions`, which Nest does not export. */
const SERIALIZER_OPTIONS = 'class_serializer:options'

const argumentsOf = (byPlace: Readonly<Record<string, Argument>>, kind: RouteParamtypes): Argument[] =>
  Object.entries(byPlace).flatMap(([place, argument]) => (place.startsWith(`${kind}:`) ? [argument] : []))

function pathsOf(controller: Controller, handler: object): string[] {
  const base: string = Reflect.getMetadata(PATH_METADATA, controller)
  const paths: string | string[] = Reflect.getMetadata(PATH_METADATA, handler)
  return [paths].flat().map((path) => `/${[base, path].filter((part) => part !== '/').join('/')}`)
}
