import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { Answer, Handler, Outcome, Request } from './answer.ts'
import { checkRequest, sealReply } from './authenticity.ts'
import type { DropLog } from './drop-log.ts'
import { Duplicates, Noted, type Sender } from './duplicates.ts'
import type { Nas } from './nas.ts'
import { readPacket } from './packet.ts'
import type { RateLimit } from './rate-limit.ts'
import type { SigningRouters } from './signing-routers.ts'
import type { Tally } from './tally.ts'

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
export function openReception(parts: ReceptionParts) {
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

  function settle(result: Answer | Outcome, { nas, packet }: Admitted, noted: Noted, { sender, send }: Asker): void {
    const reply = typeof result === 'string' ? undefined : sealReply(packet, result, nas.secret)
    if (typeof result === 'string' || !reply) {
      noted.forget()
      drop(typeof result === 'string' ? result : 'malformed', sender, nas)
      return
    }
    tally.count(result.outcome, nas)
    noted.finish(reply)
    send(reply)
  }

  function work(request: Admitted, noted: Noted, asker: Asker): void {
    const fail = (thrown: unknown) => {
      noted.forget()
      drop('failed', asker.sender, request.nas, asError(thrown))
    }
    try {
      const result = request.handler(request)
      if (result instanceof Promise) result.then((answer) => settle(answer, request, noted, asker)).catch(fail)
      else settle(result, request, noted, asker)
    } catch (thrown) {
      fail(thrown)
    }
  }

  return (datagram: Buffer, sender: Sender, send: Send): void => {
    try {
      const nas = findNas(sender)
      if (!nas || nas.secret.length === 0) {
        drop('unknownClient', sender)
        return
      }
      const request = admit(datagram, nas)
      if (typeof request === 'string') {
        drop(request, sender, nas)
        return
      }
      const earlier = duplicates.begin(sender, request.packet)
      if (earlier instanceof Noted) work(request, earlier, { sender, send })
      else if (earlier === 'in-progress') tally.count('inProgress', nas)
      else {
        tally.count('resent', nas)
        send(earlier)
      }
    } catch (thrown) {
      drop('failed', sender, undefined, asError(thrown))
    }
  }
}

interface Admitted extends Request {
  readonly handler: Handler
}

type Send = (reply: Buffer) => void

/** Who waits for the reply. */
interface Asker {
  readonly sender: Sender
  readonly send: Send
}
