// What each program of the platform is told. One function per program: the whole of its environment.
import { basename } from 'node:path'

const origin = (port) => `http://127.0.0.1:${port}`

/** @typedef {{ secrets: Record<string, string>, ownerUrl: string, redisUrl: string | undefined, ports: import('./platform-ports.mjs').ChosenPorts }} World */

/** @param {World} world */
export function migrationSettings({ secrets, ownerUrl }) {
  return {
    WRIT_OWNER_DATABASE_URL: ownerUrl,
    WRIT_APP_PASSWORD: secrets.appPassword,
    WRIT_WORKER_PASSWORD: secrets.workerPassword,
  }
}

/** @param {World} world */
export function controlPlaneSettings(world) {
  const { secrets, ports, redisUrl } = world
  return {
    DATABASE_URL: appDatabaseUrl(world),
    REDIS_URL: redisUrl,
    WRIT_MASTER_KEY: secrets.masterKey,
    WRIT_JOIN_SECRET: secrets.joinSecret,
    WRIT_OPERATOR_KEY: secrets.operatorKey,
    WRIT_CONTROL_PLANE_HOST: '127.0.0.1',
    WRIT_CONTROL_PLANE_PORT: String(ports.controlPlane),
    WRIT_PUBLIC_ORIGIN: controlPlaneUrl(world),
    WRIT_GATEWAY_ORIGINS: gatewayUrls(world).join(','),
    ...UPSTREAMS_HERE,
  }
}

/** @param {World} world */
export function workerSettings({ secrets, ownerUrl, redisUrl, ports }) {
  return {
    DATABASE_URL: asRole(ownerUrl, 'writ_worker', secrets.workerPassword),
    REDIS_URL: redisUrl,
    WRIT_WORKER_ADMIN_PORT: String(ports.workerAdmin),
  }
}

/**
 * @param {World} world
 * @param {{ port: number, adminPort: number, stateDir: string }} gateway
 */
export function gatewaySettings(world, { port, adminPort, stateDir }) {
  return {
    WRIT_GATEWAY_NAME: basename(stateDir),
    WRIT_GATEWAY_HOST: '127.0.0.1',
    WRIT_GATEWAY_PORT: String(port),
    WRIT_GATEWAY_ADMIN_PORT: String(adminPort),
    WRIT_PUBLIC_ORIGIN: origin(port),
    WRIT_CONTROL_PLANE_URL: controlPlaneUrl(world),
    WRIT_JOIN_SECRET: world.secrets.joinSecret,
    REDIS_URL: world.redisUrl,
    WRIT_GATEWAY_STATE_DIR: stateDir,
    ...UPSTREAMS_HERE,
  }
}

/**
 * @param {World} world
 * @param {{ stateDir: string, guide: 'once' | 'first' | 'off' }} demo
 */
export function demoSettings(world, { stateDir, guide }) {
  return {
    WRIT_CONTROL_PLANE_URL: controlPlaneUrl(world),
    WRIT_GATEWAY_URLS: gatewayUrls(world).join(','),
    WRIT_OPERATOR_KEY: world.secrets.operatorKey,
    WRIT_STATE_DIR: stateDir,
    WRIT_DEMO_UPSTREAM_PORT: String(world.ports.demoUpstream),
    WRIT_DEMO_GUIDE: guide,
    DATABASE_URL: appDatabaseUrl(world),
  }
}

/** The demo's upstream is on this machine, and so are those of the tests. */
const UPSTREAMS_HERE = { WRIT_ALLOW_UPSTREAMS_OF_EVERY_TENANT_ON_LOOPBACK: 'yes' }

export const controlPlaneUrl = ({ ports }) => origin(ports.controlPlane)
export const gatewayUrls = ({ ports }) => ports.gateways.map(({ port }) => origin(port))
export const adminUrl = (port) => origin(port)
export const appDatabaseUrl = ({ ownerUrl, secrets }) => asRole(ownerUrl, 'writ_app', secrets.appPassword)

function asRole(ownerUrl, role, password) {
  const url = new URL(ownerUrl)
  url.username = role
  url.password = password
  return url.href
}
