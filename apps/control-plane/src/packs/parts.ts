import type { Provider } from '@nestjs/common'
import { PackMaker } from './pack-maker.ts'
import { PackMaking } from './pack-making.ts'
import { PacksController } from './packs.controller.ts'
import { PacksService } from './packs.service.ts'

/** The auditor's pack: asked for, made in the background, kept for a while. */
export const PACK_CONTROLLERS = [PacksController]
export const PACK_SERVICES: Provider[] = [PacksService, PackMaking, PackMaker]
