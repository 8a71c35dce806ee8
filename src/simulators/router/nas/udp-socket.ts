import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** A bound UDP socket. Rejects when the port cannot be had; later errors are datagrams lost on the way, as UDP may. */
export async function openUdpSocket(
  host: string,
  port: number,
  receive: (datagram: Buffer, from: RemoteInfo) => void,
): Promise<Socket> {
  const socket = createSocket('udp4')
  try {
    socket.bind(port, host)
    await once(socket, 'listening')
  } catch (thrown) {
    socket.close()
    throw thrown
  }
  socket.on('error', () => {})
  socket.on('message', receive)
  return socket
}
