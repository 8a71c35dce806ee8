import { parseMacAddress } from '../access/mac-address.ts'
import type { Answer, Request } from './answer.ts'
import { GIGAWORD, integer, text, textOf, vendorInteger, vendorText } from './attribute-values.ts'
import { ATTRIBUTE, CODE, MIKROTIK } from './attributes.ts'
import { chap } from './chap.ts'
import { eapRefusal } from './eap-refusal.ts'
import type { Guesses } from './guesses.ts'
import type { Login, LoginMethod, Proof, Verdict } from './login.ts'
import { msChapV2 } from './ms-chap-v2.ts'
import type { Attribute, Packet } from './packet.ts'
import { pap } from './pap.ts'

const METHODS: readonly LoginMethod[] = [pap, chap, msChapV2]

interface AccessParts {
  authorize(login: Login): Verdict
  guesses: Guesses
  interimIntervalSeconds: number
}

/** Answers an Access-Request at once, whatever the answer: RouterOS waits 300 ms. */
export function answerAccess({ authorize, guesses, interimIntervalSeconds }: AccessParts) {
  return ({ nas, packet }: Request): Answer => {
    const username = textOf(packet, ATTRIBUTE.userName)
    const proofs = METHODS.flatMap((method) => method({ packet, username: username ?? '', secret: nas.secret }) ?? [])
    const [proof, second] = proofs
    if (username === undefined || !proof || second) return refusal(packet)

    const macAddress = parseMacAddress(textOf(packet, ATTRIBUTE.callingStationId) ?? '')
    const isArrival = macAddress !== undefined && parseMacAddress(username) === macAddress
    const guesser = { routerId: nas.routerId, username, macAddress }
    if (!isArrival && guesses.isShutOut(guesser)) {
      return rejection('Too many wrong codes. Wait 5 minutes and try again.', proof)
    }
    let proven = false
    const verdict = authorize({
      username,
      macAddress,
      isArrival,
      matches: (password) => {
        const right = proof.matches(password)
        proven ||= right
        return right
      },
    })
    if (verdict.outcome === 'accept') return acceptance(verdict, interimIntervalSeconds, proof)
    if (!proven && !isArrival) guesses.noteWrong(guesser)
    return rejection(verdict.message, proof)
  }
}

function acceptance(verdict: Verdict & { outcome: 'accept' }, interimIntervalSeconds: number, proof: Proof): Answer {
  const { sessionTimeoutSeconds, classToken, portLimit, totalLimitBytes, rateLimit } = verdict
  const attributes = [
    integer(ATTRIBUTE.sessionTimeout, sessionTimeoutSeconds),
    text(ATTRIBUTE.class, classToken),
    integer(ATTRIBUTE.portLimit, portLimit),
    integer(ATTRIBUTE.acctInterimInterval, interimIntervalSeconds),
    ...(totalLimitBytes === undefined ? [] : totalLimit(totalLimitBytes)),
    ...(rateLimit === undefined ? [] : [vendorText(MIKROTIK.rateLimit, rateLimit)]),
    ...(proof.acceptAttributes?.() ?? []),
  ]
  return { outcome: 'accepted', code: CODE.accessAccept, attributes, signed: true }
}

/** Whatever is asked in a way that is none of ours. */
function refusal(packet: Packet): Answer {
  const attribute = eapRefusal(packet) ?? text(ATTRIBUTE.replyMessage, 'This kind of login is not possible here.')
  return { outcome: 'rejected', code: CODE.accessReject, attributes: [attribute], signed: true }
}

/** Nothing else of ours may be in a reject (RFC 2865 section 5.44). */
function rejection(message: string, proof: Proof): Answer {
  const attributes = [text(ATTRIBUTE.replyMessage, message), ...(proof.rejectAttributes?.() ?? [])]
  return { outcome: 'rejected', code: CODE.accessReject, attributes, signed: true }
}

/** A Total-Limit of 0 may mean "no limit" to RouterOS, so an exact multiple of 2^32 is sent as one octet less. */
function totalLimit(bytes: number): Attribute[] {
  const limit = bytes % GIGAWORD === 0 ? Math.max(1, bytes - 1) : bytes
  const gigawords = Math.floor(limit / GIGAWORD)
  return [
    vendorInteger(MIKROTIK.totalLimit, limit % GIGAWORD),
    ...(gigawords > 0 ? [vendorInteger(MIKROTIK.totalLimitGigawords, gigawords)] : []),
  ]
}
