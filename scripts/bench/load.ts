import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { FromLoad, LoadRequest, ToLoad } from './load-messages.ts'

export interface Load {
  /** `requests[i]` on a socket of its own, all at once. */
  burst(port: number, requests: LoadRequest[]): Promise<number[]>
  /** One after the other at this rate. */
  steady(port: number, requests: LoadRequest[], perSecond: number): Promise<number[]>
  stop(): Promise<void>
}

/** For a steady load: how many may wait for their answer before the client gives up. */
const STEADY_SOCKETS = 400

/** Starts the load client. Latencies are in ms; an answer other than 200 is an error: nothing is measured by it. */
export function startLoad(): Load {
  const child = fork(new URL('./load-client.js', import.meta.url))
  let failed = (_error: Error) => {}
  child.on('exit', (code) => failed(new Error(`the load client ended with ${code}`)))

  async function ask(message: ToLoad): Promise<FromLoad> {
    const { promise: ended, reject } = Promise.withResolvers<never>()
    failed = reject
    child.send(message)
    const [answer] = await Promise.race([once(child, 'message'), ended])
    return answer as FromLoad
  }

  async function send(port: number, sockets: number, requests: LoadRequest[], perSecond: number | null) {
    await ask({ kind: 'open', port, sockets })
    const answer = await ask({ kind: 'send', requests, perSecond })
    if (answer.kind !== 'sent') throw new Error(`the load client said ${answer.kind}`)
    const refused = answer.statuses.filter((status) => status !== 200)
    if (refused.length > 0) throw new Error(`${refused.length} of ${requests.length} were answered ${refused[0]}`)
    return answer.latenciesMs
  }

  return {
    burst: (port, requests) => send(port, requests.length, requests, null),
    steady: (port, requests, perSecond) => send(port, STEADY_SOCKETS, requests, perSecond),
    async stop() {
      failed = () => {}
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill()
      await exit
    },
  }
}
