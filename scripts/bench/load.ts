import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { builtAt, compileC } from './compile-c.ts'

/** One callback as M-PESA sends it. */
export interface LoadRequest {
  path: string
  body: string
}

export interface Load {
  /** `requests[i]` on a socket of its own, all at once. */
  burst(port: number, requests: LoadRequest[]): Promise<number[]>
  /** One after the other at this rate. */
  steady(port: number, requests: LoadRequest[], perSecond: number): Promise<number[]>
  stop(): Promise<void>
}

/** For a steady load: how many may wait for their answer before the client gives up. */
const STEADY_SOCKETS = 400
const ACCEPTED = '{"ResultCode":0,"ResultDesc":"Accepted"}'

/**
 * Makes ready the callers, a small program of its own: what they cost must show neither in the event loop of what is measured
 * nor on its cores. Latencies are in ms; an answer other than M-PESA's is an error: nothing is measured by it.
 */
export function startLoad(): Load {
  const missing = compileC('callers.c', 'callers')
  if (missing !== undefined) throw new Error(`the load client cannot be built: ${missing}`)
  let callers: ChildProcess | undefined

  async function send(port: number, sockets: number, requests: LoadRequest[], perSecond: number): Promise<number[]> {
    const order = [port, sockets, perSecond].map(String)
    const child = spawn(builtAt('callers'), [...order, ACCEPTED], { stdio: ['pipe', 'pipe', 'inherit'] })
    callers = child
    child.stdin.on('error', () => {})
    child.stdin.end(Buffer.concat(requests.flatMap(octetsOf)))
    const [said, [code, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    if (code !== 0) throw new Error(`the load client ended with ${code ?? signal}`)
    return said
      .trimEnd()
      .split('\n')
      .map((us) => Number(us) / 1000)
  }

  return {
    burst: (port, requests) => send(port, requests.length, requests, 0),
    steady: (port, requests, perSecond) => send(port, STEADY_SOCKETS, requests, perSecond),
    async stop() {
      if (!callers || callers.exitCode !== null || callers.signalCode !== null) return
      const exit = once(callers, 'exit')
      callers.kill()
      await exit
    },
  }
}

/** With its length before it. */
function octetsOf({ path, body }: LoadRequest): Buffer[] {
  const octets = Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  return [Buffer.from(`${octets.length}\n`), octets]
}
