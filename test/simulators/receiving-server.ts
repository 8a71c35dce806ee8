import { once } from 'node:events'
import { createServer } from 'node:http'
import type { TestContext } from 'node:test'

interface Received {
  path: string
  rawHeaders: string[]
  body: string
}

/** A merchant's web server for one test: keeps what is posted to it and answers with `status`. */
export async function startReceiver(t: TestContext, status = 200): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    received.push({
      path: incoming.url ?? '',
      rawHeaders: incoming.rawHeaders,
      body: Buffer.concat(chunks).toString(),
    })
    response.writeHead(status).end('{"ResultCode":0,"ResultDesc":"Accepted"}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${address.port}`, received }
}
