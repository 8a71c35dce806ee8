import { parseMacAddress } from '../access/mac-address.ts'
import type { Language } from '../languages.ts'
import { acceptAttributes } from './access-attributes.ts'
import type { Answer, Request } from './answer.ts'
import { text, textOf } from './attribute-values.ts'
import { ATTRIBUTE, CODE } from './attributes.ts'
import { chap } from './chap.ts'
import { eapRefusal } from './eap-refusal.ts'
import type { Guesses } from './guesses.ts'
import type { Login, LoginMethod, LoginRequest, Proof, Verdict } from './login.ts'
import { msChapV2 } from './ms-chap-v2.ts'
import { pap } from './pap.ts'
import { type Refusal, refusalText } from './reject-texts.ts'

const METHODS: readonly LoginMethod[] = [pap, chap, msChapV2]

interface AccessParts {
  /** A promise only where the answer has to wait for the disk. */
  authorize(login: Login): Verdict | Promise<Verdict>
  guesses: Guesses
  /** What the routers send as the password of a device that has just appeared, besides nothing and its address. */
  macAuthPassword?: string | undefined
  interimIntervalSeconds: number
  language: Language
}

/** Answers an Access-Request at once, whatever the answer: RouterOS waits 300 ms. */
export function answerAccess({ authorize, guesses, macAuthPassword, interimIntervalSeconds, language }: AccessParts) {
  const arrivalPasswords = macAuthPassword === undefined ? [] : [macAuthPassword]
  return ({ nas, packet }: Request): Answer | Promise<Answer> => {
    const username = textOf(packet, ATTRIBUTE.userName)
    const proof = onlyProof({ packet, username: username ?? '', secret: nas.secret })
    if (username === undefined || !proof) {
      const eap = eapRefusal(packet)
      return eap ? rejectWith([eap]) : reject('no-such-login')
    }

    const station = textOf(packet, ATTRIBUTE.callingStationId)
    const macAddress = parseMacAddress(station ?? '')
    const isArrival =
      macAddress !== undefined &&
      parseMacAddress(username) === macAddress &&
      ['', username, ...arrivalPasswords].some((password) => proof.matches(password))
    const guesser = { routerId: nas.routerId, username, macAddress, station }
    if (!isArrival && guesses.isShutOut(guesser)) return reject('too-many-guesses', proof)
    let proven = false
    const verdict = authorize({
      username,
      macAddress,
      isArrival,
      isTest: nas.isTest === true,
      matches: (password) => {
        const right = proof.matches(password)
        proven ||= right
        return right
      },
    })

    function answer(given: Verdict, method: Proof): Answer {
      if (given.outcome === 'accept') return accept(given, method)
      // At a device of which we know nothing there is nothing to guess.
      if (!proven && !isArrival && given.refusal !== 'unknown-device') guesses.noteWrong(guesser)
      return reject(given.refusal, method)
    }
    return verdict instanceof Promise ? verdict.then((given) => answer(given, proof)) : answer(verdict, proof)
  }

  function accept(given: Verdict & { outcome: 'accept' }, proof: Proof): Answer {
    const attributes = acceptAttributes(given, interimIntervalSeconds)
    if (proof.acceptAttributes) attributes.push(...proof.acceptAttributes())
    return { outcome: 'accepted', code: CODE.accessAccept, attributes, signed: true }
  }

  /** Nothing else of ours may be in a reject (RFC 2865 section 5.44). */
  function reject(refusal: Refusal, proof?: Proof): Answer {
    const message = text(ATTRIBUTE.replyMessage, refusalText(language, refusal))
    return rejectWith([message, ...(proof?.rejectAttributes?.() ?? [])])
  }
}

/** A request says its password in one way, or none that counts. */
function onlyProof(request: LoginRequest): Proof | undefined {
  let only: Proof | undefined
  for (const method of METHODS) {
    const proof = method(request)
    if (proof && only) return undefined
    only ??= proof
  }
  return only
}

const rejectWith = (attributes: Answer['attributes']): Answer => ({
  outcome: 'rejected',
  code: CODE.accessReject,
  attributes,
  signed: true,
})
