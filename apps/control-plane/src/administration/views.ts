import { Injectable } from '@nestjs/common'
import type { ExecutionContext } from '@nestjs/common'
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/internal'
import { RequestMethod } from '@nestjs/common'
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core'
import type { z } from 'zod'
import { ProblemError } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { Recorded } from './recorded.ts'

/** Looks at what a route is about to change, by the very method that shows it in the API. */
export type View = (db: TenantDb, id: string | undefined) => Promise<unknown>

@Injectable()
export class Views {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  /** @returns null for a route that changes nothing that can be viewed by itself */
  of(context: ExecutionContext): View | null {
    const controller = this.discovery
      .getControllers()
      .find(({ metatype }) => metatype === context.getClass())?.instance
    const name = this.#methodOf(context)
    if (!isObject(controller) || name === null) return null
    const method = controller[name]
    if (typeof method !== 'function') throw new Error(`${context.getClass().name} has no method ${name}`)
    return async (db, id) => shown(method, await seen(() => Reflect.apply(method, controller, [db, id])))
  }

  #methodOf(context: ExecutionContext): string | null {
    const named = this.reflector.get(Recorded, context.getHandler())
    return named === undefined ? itemMethodOf(context.getClass()) : named
  }
}

/** The handler of `GET :id`. */
function itemMethodOf(controller: { readonly prototype: object }): string | null {
  const { prototype } = controller
  const names = new MetadataScanner().getAllMethodNames(prototype)
  const isItem = (name: string): boolean => {
    const handler: unknown = Reflect.get(prototype, name)
    return (
      typeof handler === 'function' &&
      Reflect.getMetadata(PATH_METADATA, handler) === ':id' &&
      Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.GET
    )
  }
  return names.find(isItem) ?? null
}

// What is not there (any more) looks like nothing.
async function seen(look: () => unknown): Promise<unknown> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 404) return null
    throw error
  }
}

/** What of it the API would show: the schema of the answer drops the rest. */
function shown(method: object, view: unknown): unknown {
  const { schema }: { schema?: z.ZodType } = Reflect.getMetadata('class_serializer:options', method) ?? {}
  return view === null || !schema ? view : schema.parse(view)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
