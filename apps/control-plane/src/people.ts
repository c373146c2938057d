import type { Provider } from '@nestjs/common'
import { HumanStandingController } from './humans/human-standing.controller.ts'
import { HumanStanding } from './humans/human-standing.ts'
import { HumansController } from './humans/humans.controller.ts'
import { HumansService } from './humans/humans.service.ts'
import { RolesService } from './humans/roles.service.ts'
import { ErasuresController } from './personal/erasures.controller.ts'
import { Erasures } from './personal/erasures.ts'
import { PersonalFields } from './personal/personal-fields.ts'
import { SubjectKeys } from './personal/subject-keys.ts'
import { DirectoriesController } from './scim/directories.controller.ts'
import { DirectoriesService } from './scim/directories.service.ts'
import { ScimDiscoveryController } from './scim/discovery.controller.ts'
import { ScimGroupsController } from './scim/groups.controller.ts'
import { ScimGroupsService } from './scim/groups.service.ts'
import { TokenDoor } from './scim/token-door.ts'
import { ScimUsersController } from './scim/users.controller.ts'
import { ScimUsersService } from './scim/users.service.ts'
import { BackChannelController } from './sign-in/back-channel.controller.ts'
import { BackChannelService } from './sign-in/back-channel.service.ts'
import { CookieDoor } from './sign-in/cookie-door.ts'
import { Cookies } from './sign-in/cookies.ts'
import { HumanSessions } from './sign-in/human-sessions.ts'
import { MeController } from './sign-in/me.controller.ts'
import { OwnerLinksController } from './sign-in/owner-links.controller.ts'
import { OwnerLinksService } from './sign-in/owner-links.service.ts'
import { SignInController } from './sign-in/sign-in.controller.ts'
import { SignInService } from './sign-in/sign-in.service.ts'
import { Welcome } from './sign-in/welcome.ts'
import { DomainsController } from './sso/domains.controller.ts'
import { DomainsService } from './sso/domains.service.ts'
import { RelyingParty } from './sso/relying-party.ts'
import { SsoConnectionsController } from './sso/sso-connections.controller.ts'
import { SsoConnectionsService } from './sso/sso-connections.service.ts'
import { DirectoryDoor, HumanDoor } from './tenancy/human-door.ts'

/** How people and their directories get in, and what is known of them. */
export const PEOPLE_CONTROLLERS = [
  BackChannelController,
  DirectoriesController,
  DomainsController,
  ErasuresController,
  HumanStandingController,
  HumansController,
  MeController,
  OwnerLinksController,
  ScimDiscoveryController,
  ScimGroupsController,
  ScimUsersController,
  SignInController,
  SsoConnectionsController,
]

export const PEOPLE_SERVICES: Provider[] = [
  BackChannelService,
  Cookies,
  DirectoriesService,
  DomainsService,
  Erasures,
  HumanSessions,
  HumanStanding,
  HumansService,
  OwnerLinksService,
  PersonalFields,
  RelyingParty,
  RolesService,
  ScimGroupsService,
  ScimUsersService,
  SignInService,
  SsoConnectionsService,
  SubjectKeys,
  Welcome,
  { provide: HumanDoor, useClass: CookieDoor },
  { provide: DirectoryDoor, useClass: TokenDoor },
]
