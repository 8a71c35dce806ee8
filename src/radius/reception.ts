import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { Answer, Handler, Outcome, Request } from './answer.ts'
import { checkRequest, sealReply } from './authenticity.ts'
import type { DropLog } from './drop-log.ts'
import { Duplicates, type Sender } from './duplicates.ts'
import type { Nas } from './nas.ts'
import { readPacket } from './packet.ts'
import type { RateLimit } from './rate-limit.ts'
import type { SigningRouters } from './signing-routers.ts'
import type { Tally } from './tally.ts'
import type { Asker, Receive } from './udp-socket.ts'

interface ReceptionParts {
  /** By packet code. */
  handlers: ReadonlyMap<number, Handler>
  findNas(sender: Sender): Nas | undefined
  signing: SigningRouters
  rateLimit: RateLimit
  tally: Tally
  dropLog: DropLog
  clock: Clock
}

/** What happens to every datagram of one port, from the cheapest check to the dearest. Nothing ever escapes from here. */
export function openReception(parts: ReceptionParts): Receive {
  const { handlers, findNas, signing, rateLimit, tally, dropLog, clock } = parts
  const duplicates = new Duplicates(clock)

  const drop = (outcome: Outcome, { address }: Sender, nas?: Nas, err?: Error) => {
    tally.count(outcome, nas)
    dropLog.note(outcome, { address, ...(nas && { router: nas.name }), ...(err && { err }) })
  }

  /** The request, when it may be worked on. */
  function admit(datagram: Buffer, nas: Nas): Admitted | Outcome {
    const packet = readPacket(datagram)
    if (!packet) return 'malformed'
    const handler = handlers.get(packet.code)
    if (!handler) return 'unknownCode'
    const authenticity = checkRequest(packet, nas.secret)
    if (!signing.admits(nas, packet, authenticity)) return authenticity === 'forged' ? 'wrongSecret' : 'unsigned'
    // Only after the check of the secret: a stranger who borrows the router's address must not use up its share.
    if (!rateLimit.take(nas.routerId)) return 'rateLimited'
    return { nas, packet, handler }
  }

  function settle(result: Answer | Outcome, { nas, packet }: Admitted, number: number, asker: Asker): void {
    const reply = typeof result === 'string' ? undefined : sealReply(packet, result, nas.secret)
    if (typeof result === 'string' || !reply) {
      duplicates.forget(number)
      drop(typeof result === 'string' ? result : 'malformed', asker, nas)
      return
    }
    tally.count(result.outcome, nas)
    duplicates.finish(number, reply)
    asker.send(reply)
  }

  function fail(thrown: unknown, { nas }: Admitted, number: number, asker: Asker): void {
    duplicates.forget(number)
    drop('failed', asker, nas, asError(thrown))
  }

  async function settleLater(
    result: Promise<Answer | Outcome>,
    request: Admitted,
    number: number,
    asker: Asker,
  ): Promise<void> {
    try {
      settle(await result, request, number, asker)
    } catch (thrown) {
      fail(thrown, request, number, asker)
    }
  }

  function work(request: Admitted, number: number, asker: Asker): void {
    try {
      const result = request.handler(request)
      if (result instanceof Promise) void settleLater(result, request, number, asker)
      else settle(result, request, number, asker)
    } catch (thrown) {
      fail(thrown, request, number, asker)
    }
  }

  return (datagram, asker) => {
    try {
      const nas = findNas(asker)
      if (!nas || nas.secret.length === 0) {
        drop('unknownClient', asker)
        return
      }
      const request = admit(datagram, nas)
      if (typeof request === 'string') {
        drop(request, asker, nas)
        return
      }
      const earlier = duplicates.begin(asker, request.packet)
      if (typeof earlier === 'number') work(request, earlier, asker)
      else if (earlier === 'in-progress') tally.count('inProgress', nas)
      else {
        tally.count('resent', nas)
        asker.send(earlier)
      }
    } catch (thrown) {
      drop('failed', asker, undefined, asError(thrown))
    }
  }
}

interface Admitted extends Request {
  readonly handler: Handler
}
