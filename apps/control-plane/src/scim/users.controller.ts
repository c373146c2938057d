import { Controller, UseFilters } from '@nestjs/common'
import { Access } from '../tenancy/access.ts'
import { DirectoriesService } from './directories.service.ts'
import { ScimResourcesController } from './resources.controller.ts'
import { ScimFilter } from './scim.filter.ts'
import { ScimUsersService } from './users.service.ts'

@Controller('t/:slug/scim/v2/Users')
@Access('directory')
@UseFilters(ScimFilter)
export class ScimUsersController extends ScimResourcesController {
  // oxlint-disable-next-line no-useless-constructor -- Nest injects by its parameters
  constructor(directories: DirectoriesService, users: ScimUsersService) {
    super(directories, users)
  }
}
