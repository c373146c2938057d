import type { AccessLevel } from '../tenancy/access.ts'
import { sourceOf } from './brakes.ts'
import { slugOf } from './request.ts'
import type { RimRequest } from './request.ts'
import { Room } from './room.ts'
import type { RoomLimits } from './room.ts'

type RoomName = 'tenants' | 'sources' | 'doors' | 'nodes' | 'large' | 'devices' | 'uploads'

/**
 * Requests with a body that may be under way at once. `tenants`: of those who were let in, each tenant. `sources`: of anyone, each
 * address; `doors`: of anyone, each address at one tenant. `nodes`: each address of gateways; `large`: what of theirs may be over 1 MiB.
 * `devices`: each address of devices; `uploads`: what of theirs, or of a tenant, may be over 1 MiB.
 */
export type BodyLimits = {
  readonly [room in RoomName]: RoomLimits
}
const BODY_LIMITS: BodyLimits = {
  tenants: { all: 512, each: 128 },
  sources: { all: 2048, each: 1024 },
  doors: { all: 2048, each: 512 },
  nodes: { all: 1024, each: 512 },
  large: { all: 32, each: 16 },
  devices: { all: 1024, each: 256 },
  uploads: { all: 8, each: 4 },
}
const LARGE_BYTES = 1024 * 1024

type Place = readonly [room: Room, who: string]

/** Bounds the memory that bodies take, so that a flood is refused and everything else goes on. */
export class BodyRooms {
  readonly #rooms: { readonly [room in keyof BodyLimits]: Room }

  constructor(limits: BodyLimits = BODY_LIMITS) {
    this.#rooms = {
      tenants: new Room(limits.tenants),
      sources: new Room(limits.sources),
      doors: new Room(limits.doors),
      nodes: new Room(limits.nodes),
      large: new Room(limits.large),
      devices: new Room(limits.devices),
      uploads: new Room(limits.uploads),
    }
  }

  /** @returns what gives the places back; null where there is no room */
  enter(request: RimRequest, level: AccessLevel): (() => void) | null {
    const leaving: (() => void)[] = []
    const leave = () => leaving.forEach((give) => give())
    for (const [room, who] of this.#placesOf(request, level)) {
      const give = room.enter(who)
      if (give === null) {
        leave()
        return null
      }
      leaving.push(give)
    }
    return leave
  }

  #placesOf(request: RimRequest, level: AccessLevel): Place[] {
    const { tenants, sources, doors, nodes, large, devices, uploads } = this.#rooms
    const source = sourceOf(request)
    const { admission } = request
    if (admission) return places(request, [tenants, admission.tenantId], uploads)
    if (level === 'node') return places(request, [nodes, source], large)
    if (level === 'device') return places(request, [devices, source], uploads)
    return [
      [sources, source],
      [doors, `${source} ${slugOf(request)}`],
    ]
  }
}

const places = (request: RimRequest, [room, who]: Place, ofLarge: Room): Place[] =>
  isLarge(request)
    ? [
        [room, who],
        [ofLarge, who],
      ]
    : [[room, who]]

const isLarge = ({ headers, routeOptions }: RimRequest): boolean =>
  (routeOptions.bodyLimit ?? 0) > LARGE_BYTES &&
  (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > LARGE_BYTES)
