/**
 * What a server or an authority says of itself, or sends back, does not hold: nothing may be asked of it and no token goes to it. The message
 * quotes nothing that it said, as an agent may come to read it.
 */
export class ServerDistrusted extends Error {
  override readonly name = 'ServerDistrusted'
}
