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

interface ReceptionParts {
  /** By packet code. */
  handlers: ReadonlyMap<number, Handler>
  findNas(address: string): Nas | undefined
  signing: SigningRouters
  rateLimit: RateLimit
  counters: Record<Outcome, number>
  dropLog: DropLog
  clock: Clock
}

/** What happens to every datagram of one port, from the cheapest check to the dearest. Nothing ever escapes from here. */
export function openReception(parts: ReceptionParts) {
  const { handlers, findNas, signing, rateLimit, counters, dropLog, clock } = parts
  const duplicates = new Duplicates(clock)

  const drop = (outcome: Outcome, { address }: Sender, more?: { router?: string; err?: Error }) => {
    counters[outcome] += 1
    dropLog.note(outcome, { address, ...more })
  }

  /** The request, when it may be worked on. */
  function admit(datagram: Buffer, sender: Sender): Admitted | Outcome {
    const nas = sender.nas ?? findNas(sender.address)
    if (!nas || nas.secret.length === 0) return 'unknownClient'
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

  function settle(result: Answer | Outcome, { nas, packet }: Admitted, sender: Sender, send: Send): void {
    const reply = typeof result === 'string' ? undefined : sealReply(packet, result, nas.secret)
    if (typeof result === 'string' || !reply) {
      duplicates.abandon(sender, packet)
      drop(typeof result === 'string' ? result : 'malformed', sender, { router: nas.name })
      return
    }
    counters[result.outcome] += 1
    duplicates.finish(sender, packet, reply)
    send(reply)
  }

  function work(request: Admitted, sender: Sender, send: Send): void {
    const fail = (thrown: unknown) => {
      duplicates.abandon(sender, request.packet)
      drop('failed', sender, { router: request.nas.name, err: asError(thrown) })
    }
    try {
      const result = request.handler(request)
      if (result instanceof Promise) result.then((answer) => settle(answer, request, sender, send)).catch(fail)
      else settle(result, request, sender, send)
    } catch (thrown) {
      fail(thrown)
    }
  }

  return (datagram: Buffer, sender: Sender, send: Send): void => {
    try {
      const request = admit(datagram, sender)
      if (typeof request === 'string') {
        drop(request, sender)
        return
      }
      const earlier = duplicates.begin(sender, request.packet)
      if (earlier === undefined) work(request, sender, send)
      else if (earlier === 'in-progress') counters.inProgress += 1
      else {
        counters.resent += 1
        send(earlier)
      }
    } catch (thrown) {
      drop('failed', sender, { err: asError(thrown) })
    }
  }
}

interface Admitted extends Request {
  readonly handler: Handler
}

type Send = (reply: Buffer) => void
