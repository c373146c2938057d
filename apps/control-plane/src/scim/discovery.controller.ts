import { Controller, Get, Header, UseFilters } from '@nestjs/common'
import { Settings } from '../settings.ts'
import { Access } from '../tenancy/access.ts'
import { AskingDirectory } from './asking-directory.ts'
import type { FromDirectory } from './asking-directory.ts'
import { listResponse } from './list.ts'
import { describeSchemas } from './schema.ts'
import type { ScimResource } from './resource.ts'
import { TYPE } from './scim-http.ts'
import { ScimFilter } from './scim.filter.ts'

/** What a directory may ask about us (RFC 7643 §5 to §7). */
@Controller('t/:slug/scim/v2')
@Access('directory')
@UseFilters(ScimFilter)
export class ScimDiscoveryController {
  constructor(private readonly settings: Settings) {}

  @Get('ServiceProviderConfig')
  @Header('content-type', TYPE)
  config(@AskingDirectory() from: FromDirectory) {
    return { ...CONFIG, meta: this.#meta(from, 'ServiceProviderConfig', 'ServiceProviderConfig') }
  }

  @Get('ResourceTypes')
  @Header('content-type', TYPE)
  resourceTypes(@AskingDirectory() from: FromDirectory) {
    const resources = RESOURCE_TYPES.map((type) => ({
      ...type,
      meta: this.#meta(from, 'ResourceType', `ResourceTypes/${type.id}`),
    }))
    return whole(resources)
  }

  @Get('Schemas')
  @Header('content-type', TYPE)
  schemas(@AskingDirectory() { db }: FromDirectory) {
    return whole(describeSchemas(`${this.settings.directoryUrlOf(db.tenant.slug)}/Schemas`))
  }

  #meta({ db }: FromDirectory, resourceType: string, path: string) {
    return { resourceType, location: `${this.settings.directoryUrlOf(db.tenant.slug)}/${path}` }
  }
}

const whole = (resources: readonly ScimResource[]) =>
  listResponse({ total: resources.length, resources }, { startIndex: 1 })

const CONFIG = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: 200 },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: false },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'The token that an owner of the tenant made for the directory',
      primary: true,
    },
  ],
}

const CORE = 'urn:ietf:params:scim:schemas:core:2.0'
const RESOURCE_TYPES = [
  {
    schemas: [`${CORE}:ResourceType`],
    id: 'User',
    name: 'User',
    endpoint: '/Users',
    schema: `${CORE}:User`,
    schemaExtensions: [
      { schema: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', required: false },
    ],
  },
  {
    schemas: [`${CORE}:ResourceType`],
    id: 'Group',
    name: 'Group',
    endpoint: '/Groups',
    schema: `${CORE}:Group`,
  },
]
