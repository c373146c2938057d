import type { Provider } from '@nestjs/common'
import { AuthorityRecords } from './authority-records.ts'
import { AuthorityController } from './authority.controller.ts'
import { ClientDoor } from './client-door.ts'
import { AuthorizeController } from './consent/authorize.controller.ts'
import { AuthorizeService } from './consent/authorize.service.ts'
import { Consents } from './consent/consents.ts'
import { DeviceController } from './consent/device.controller.ts'
import { DeviceService } from './consent/device.service.ts'
import { EnrolmentController } from './enrolment.controller.ts'
import { EnrolmentService } from './enrolment.service.ts'
import { FailureBrake } from './failure-brake.ts'
import { GrantsController } from './grants.controller.ts'
import { GrantsService } from './grants.service.ts'
import { IdTokens } from './id-tokens.ts'
import { IssuedTokens } from './issued-tokens.ts'
import { KeyProofs } from './key-proofs.ts'
import { KeySchedule } from './key-schedule.ts'
import { RevocationController } from './revocation.controller.ts'
import { RevocationService } from './revocation.service.ts'
import { RotationController } from './rotation.controller.ts'
import { RotationService } from './rotation.service.ts'
import { SigningKeysController } from './signing-keys.controller.ts'
import { SigningKeys } from './signing-keys.ts'
import { SsoIdTokens } from './sso-id-tokens.ts'
import { TokenController } from './token.controller.ts'
import { TokenService } from './token.service.ts'

/** Who proves to be whom: enrolment, grants, tokens, keys, revocation, and the people who consent. */
export const AUTHORITY_CONTROLLERS = [
  AuthorityController,
  AuthorizeController,
  DeviceController,
  EnrolmentController,
  GrantsController,
  RevocationController,
  RotationController,
  SigningKeysController,
  TokenController,
]
export const AUTHORITY_SERVICES: Provider[] = [
  AuthorityRecords,
  AuthorizeService,
  ClientDoor,
  Consents,
  DeviceService,
  EnrolmentService,
  FailureBrake,
  GrantsService,
  IssuedTokens,
  KeyProofs,
  KeySchedule,
  RevocationService,
  RotationService,
  SigningKeys,
  TokenService,
  { provide: IdTokens, useClass: SsoIdTokens },
]
