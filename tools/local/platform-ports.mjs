import { freePort } from './ports.mjs'

/** The ports that people and documents rely on. 0 takes any free one. */
export const PREFERRED_PORTS = {
  controlPlane: 7400,
  gateway: 7410,
  demoUpstream: 7470,
  postgres: 7432,
  workerAdmin: 7450,
  gatewayAdmin: 7460,
}

/** @typedef {{ controlPlane: number, workerAdmin: number, demoUpstream: number, gateways: { port: number, adminPort: number }[] }} ChosenPorts */

/**
 * Chooses every port before anything starts, because services are told of each other.
 * @param {{ preferred: typeof PREFERRED_PORTS, gateways: number, say: (text: string) => void }} options
 * @returns {Promise<ChosenPorts>}
 */
export async function choosePorts({ preferred, gateways, say }) {
  const reserved = new Set()
  const choose = async (who, port) => {
    const chosen = await freePort(port, reserved)
    if (port !== 0 && chosen !== port) say(`port ${port} is in use, ${who} takes ${chosen}`)
    return chosen
  }
  const chosen = {
    controlPlane: await choose('the control plane', preferred.controlPlane),
    workerAdmin: await choose('the audit worker’s admin page', preferred.workerAdmin),
    demoUpstream: await choose('the demo server', preferred.demoUpstream),
    gateways: [],
  }
  for (let index = 0; index < gateways; index++) {
    const name = gatewayName(index)
    const port = await choose(name, next(preferred.gateway, index))
    const adminPort = await choose(`${name}’s admin page`, next(preferred.gatewayAdmin, index))
    chosen.gateways.push({ port, adminPort })
  }
  return chosen
}

const next = (first, index) => (first === 0 ? 0 : first + index)

export const gatewayName = (index) => `gateway-${index + 1}`
