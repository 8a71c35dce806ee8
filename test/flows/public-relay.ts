import { once } from 'node:events'
import { createServer } from 'node:http'
import type { BrokerSimulator } from '../../src/simulators/broker-simulator.ts'
import { relayedMessage } from '../cloud/relay-message.ts'

/** The public relay of a site that M-PESA cannot reach: signs what M-PESA posts to it and publishes it to the site. */
export async function startPublicRelay(siteId: string, relayKey: string) {
  let broker: BrokerSimulator | undefined
  let messages = 0
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const [, kind, token] = /^\/api\/mpesa\/(callback|c2b)\/([^/]+)/.exec(incoming.url ?? '') ?? []
    if (kind !== undefined && token !== undefined) await publish(kind, token, Buffer.concat(chunks).toString())
    response.writeHead(200, { Connection: 'close' }).end('{"ResultCode":0,"ResultDesc":"Accepted"}')
  })

  async function publish(kind: string, token: string, body: string, key = relayKey): Promise<string> {
    messages += 1
    const id = `relay-${messages}`
    const payload = JSON.stringify(relayedMessage(key, { id, token, body, receivedAt: new Date().toISOString() }))
    await broker?.publish(`mlango/v1/${siteId}/mpesa/${kind}`, payload)
    return id
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    publish,
    /** Where it publishes from now on. */
    speaksTo(to: BrokerSimulator) {
      broker = to
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
