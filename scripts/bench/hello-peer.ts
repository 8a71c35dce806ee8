import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'

/** The least that the same framework can answer: the measure of what our page costs. */
const app = new Hono()
app.get('/', (c) => c.text('Hello'))
const server = createAdaptorServer({ fetch: app.fetch })
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }))
process.on('message', () => process.exit())
