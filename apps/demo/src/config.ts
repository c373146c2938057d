import { loadConfig } from '@writ/runtime'
import { z } from 'zod'

export const ConfigSchema = z.object({
  WRIT_CONTROL_PLANE_URL: z.url(),
  /** comma-separated origins of the gateways */
  WRIT_GATEWAY_URLS: z.string().transform((text) => text.split(',').map((url) => z.url().parse(url.trim()))),
  WRIT_OPERATOR_KEY: z.string().min(32),
  WRIT_STATE_DIR: z.string(),
  WRIT_DEMO_UPSTREAM_PORT: z.coerce.number().int().min(0).max(65_535).default(7470),
  /** application role; the guide reads from it what the database really holds */
  DATABASE_URL: z.string(),
  /** `once`: always run the guided call; `first`: only when the tenant is new; `off`: serve the upstream only */
  WRIT_DEMO_GUIDE: z.enum(['once', 'first', 'off']).default('first'),
})
export type DemoConfig = z.infer<typeof ConfigSchema>

export const demoConfig = (): DemoConfig => loadConfig(ConfigSchema, process.env)
/** The environment that the guide hands to the `writ` command that it runs. */
export const inheritedEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
})
