import { Controller, UseFilters } from '@nestjs/common'
import { Access } from '../tenancy/access.ts'
import { DirectoriesService } from './directories.service.ts'
import { ScimGroupsService } from './groups.service.ts'
import { leavesOutMembers } from './list.ts'
import type { ScimQuery } from './list.ts'
import { ScimResourcesController } from './resources.controller.ts'
import type { ScimResource } from './resource.ts'
import { ScimFilter } from './scim.filter.ts'

@Controller('t/:slug/scim/v2/Groups')
@Access('directory')
@UseFilters(ScimFilter)
export class ScimGroupsController extends ScimResourcesController {
  // oxlint-disable-next-line no-useless-constructor -- Nest injects by its parameters
  constructor(directories: DirectoriesService, groups: ScimGroupsService) {
    super(directories, groups)
  }

  protected override shown(group: ScimResource, query: ScimQuery): ScimResource {
    return leavesOutMembers(query) ? memberless(group) : group
  }
}

const memberless = (group: ScimResource): ScimResource =>
  Object.fromEntries(Object.entries(group).filter(([name]) => name !== 'members'))
