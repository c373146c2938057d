import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '@writ/runtime'
import { loadConfig } from '@writ/runtime'
import { z } from 'zod'
import { KEY_STORES, MIN_PASSPHRASE } from './keys/kinds.ts'

export const ConfigSchema = z.object({
  /** where profiles and keys live */
  WRIT_HOME: z.string().default(() => join(homedir(), '.writ')),
  WRIT_CONTROL_PLANE_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:7400'),
  /** API key of a tenant, for the commands of admins and auditors */
  WRIT_API_KEY: z.string().optional(),
  /** one-time token, so that it need not stand in the shell's history */
  WRIT_ENROLMENT_TOKEN: z.string().optional(),
  /** where a new identity key is kept; `auto`: the safest that works here */
  WRIT_KEY_STORE: z.enum(['auto', ...KEY_STORES]).default('auto'),
  /** seals and opens identity keys on disk where no keychain does */
  WRIT_KEY_PASSPHRASE: z.string().min(MIN_PASSPHRASE).optional(),
  /** the system's folder for what lives as long as this login; the daemon's sockets are in it */
  XDG_RUNTIME_DIR: z.string().optional(),
  /** tokens, keys and calls would cross a network that anyone on it can read */
  WRIT_ALLOW_PLAIN_HTTP_BEYOND_LOOPBACK: z.enum(['no', 'yes']).default('no'),
})
export type CliConfig = Readonly<z.infer<typeof ConfigSchema>>

export const cliConfig = (env: Environment): CliConfig => loadConfig(ConfigSchema, env)

/** The environment as it is, for who has to pass a part of it on. */
export const ownEnvironment = (): Environment => process.env
