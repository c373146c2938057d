import { homedir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '@writ/runtime'
import { z } from 'zod'

export const ConfigSchema = z.object({
  /** where profiles and keys live */
  WRIT_HOME: z.string().default(() => join(homedir(), '.writ')),
  WRIT_CONTROL_PLANE_URL: z.url().default('http://127.0.0.1:7400'),
  /** API key of a tenant, for the commands of admins and auditors */
  WRIT_API_KEY: z.string().optional(),
  /** one-time token, so that it need not stand in the shell's history */
  WRIT_ENROLMENT_TOKEN: z.string().optional(),
})
export type CliConfig = z.infer<typeof ConfigSchema>

export const cliConfig = (): CliConfig => loadConfig(ConfigSchema, process.env)
