import { Body, Controller, Get, HttpCode, Post, SerializeOptions } from '@nestjs/common'
import { SigningKeyRotation, SigningKeyView } from '@writ/contracts'
import { z } from 'zod'
import { Recorded } from '../administration/recorded.ts'
import { Mint } from '../bundles/mint.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { SigningKeys } from './signing-keys.ts'

const SigningKeyViews = z.strictObject({ keys: z.array(SigningKeyView) })

@Controller('api/v1/signing-keys')
export class SigningKeysController {
  constructor(
    private readonly signingKeys: SigningKeys,
    private readonly mint: Mint,
  ) {}

  @Get()
  @Access('keys.read')
  @SerializeOptions({ schema: SigningKeyViews })
  async list(@Db() db: TenantDb) {
    return { keys: await this.signingKeys.list(db) }
  }

  @Post('rotate')
  @HttpCode(200)
  @Access('keys.write')
  @Recorded('list')
  @SerializeOptions({ schema: SigningKeyViews })
  async rotate(@Db() db: TenantDb, @Body({ schema: SigningKeyRotation }) { when }: SigningKeyRotation) {
    const keys = await this.signingKeys.rotate(db, when)
    await this.mint.mint(db)
    return { keys }
  }
}
