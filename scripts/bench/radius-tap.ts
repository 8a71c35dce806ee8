import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'

/** Stands between router and RADIUS, passes everything on, and writes down when each phone was let in. */
export interface RadiusTap {
  readonly port: number
  /** MAC address of the phone -> time of its first Access-Accept. */
  readonly acceptedAtMs: ReadonlyMap<string, number>
  close(): void
}

const ACCESS_ACCEPT = 2
const CALLING_STATION_ID = 31
const HEADER_BYTES = 20

export async function openRadiusTap(authPort: number): Promise<RadiusTap> {
  const toRouter = createSocket('udp4')
  const toServer = createSocket('udp4')
  const acceptedAtMs = new Map<string, number>()
  const asked = new Map<number, { router: RemoteInfo; phone: string }>()

  toRouter.on('message', (request, router) => {
    asked.set(request.readUInt8(1), { router, phone: callingStationId(request) })
    toServer.send(request, authPort, '127.0.0.1')
  })
  toServer.on('message', (reply) => {
    const question = asked.get(reply.readUInt8(1))
    if (!question) return
    const { router, phone } = question
    if (reply.readUInt8(0) === ACCESS_ACCEPT && !acceptedAtMs.has(phone)) acceptedAtMs.set(phone, Date.now())
    toRouter.send(reply, router.port, router.address)
  })
  toRouter.bind(0, '127.0.0.1')
  await once(toRouter, 'listening')
  return {
    port: toRouter.address().port,
    acceptedAtMs,
    close() {
      toRouter.close()
      toServer.close()
    },
  }
}

/** RFC 2865, 5: attributes are type, length, value. */
function callingStationId(packet: Buffer): string {
  for (let at = HEADER_BYTES; at + 2 <= packet.length; at += Math.max(2, packet.readUInt8(at + 1))) {
    if (packet.readUInt8(at) !== CALLING_STATION_ID) continue
    return packet.toString('latin1', at + 2, at + packet.readUInt8(at + 1))
  }
  return ''
}
