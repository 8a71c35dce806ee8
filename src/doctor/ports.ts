import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config.ts'
import { asError } from '../errors.ts'
import { type Finding, findingsAbout } from './finding.ts'

const ports = findingsAbout('ports')

/** Whether the daemon could listen where it should. Only while it does not run: then the ports are its own. */
export async function lookAtPorts({ http, radius }: Config): Promise<Finding[]> {
  const wanted = [
    { key: 'http', kind: 'TCP', host: http.host, port: http.port, listen: listenTcp },
    { key: 'radius', kind: 'UDP', host: radius.host, port: radius.auth_port, listen: listenUdp },
    { key: 'radius', kind: 'UDP', host: radius.host, port: radius.acct_port, listen: listenUdp },
  ]
  return Promise.all(
    wanted.map(async ({ key, kind, host, port, listen }) => {
      const where = `${kind} ${host}:${port}`
      try {
        await listen(host, port)
        return ports.well(`${where} is free.`)
      } catch (thrown) {
        return ports.wrong(`${where} cannot be listened on: ${asError(thrown).message}`, remedy(key, kind, thrown))
      }
    }),
  )
}

function remedy(section: string, kind: string, thrown: unknown): string {
  switch ((thrown as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `Another program has it; \`ss -${kind === 'TCP' ? 'lt' : 'lu'}np\` says which. Stop it, or choose another port in [${section}].`
    case 'EADDRNOTAVAIL':
      return `This machine does not have that address now; put its own, or 0.0.0.0, into [${section}] host.`
    case 'EACCES':
      return `Ports below 1024 are kept from this user; choose a higher one in [${section}].`
    default:
      return `Check [${section}] host and port.`
  }
}

async function listenTcp(host: string, port: number): Promise<void> {
  const server = createServer().listen({ host, port })
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}

async function listenUdp(host: string, port: number): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.bind(port, host)
    await once(socket, 'listening')
  } finally {
    socket.close()
  }
}
