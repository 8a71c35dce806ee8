import { parseMacAddress } from '../access/mac-address.ts'
import type { Language } from '../languages.ts'
import { acceptAttributes } from './access-attributes.ts'
import type { Answer, Request } from './answer.ts'
import { text, textOf } from './attribute-values.ts'
import { ATTRIBUTE, CODE } from './attributes.ts'
import { chap } from './chap.ts'
import { eapRefusal } from './eap-refusal.ts'
import type { Guesser, Guesses } from './guesses.ts'
import type { Login, LoginMethod, LoginRequest, Proof, Verdict } from './login.ts'
import { msChapV2 } from './ms-chap-v2.ts'
import type { Nas } from './nas.ts'
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

  function isArrival(username: string, macAddress: string | undefined, proof: Proof): boolean {
    if (macAddress === undefined || parseMacAddress(username) !== macAddress) return false
    return ['', username, ...arrivalPasswords].some((password) => proof.matches(password))
  }

  function answer(given: Verdict, attempt: Attempt): Answer {
    if (given.outcome === 'accept') return accept(given, attempt.proof)
    // At a device of which we know nothing there is nothing to guess.
    if (!attempt.isProven && !attempt.isArrival && given.refusal !== 'unknown-device') guesses.noteWrong(attempt)
    return reject(given.refusal, attempt.proof)
  }

  const answerLater = async (given: Promise<Verdict>, attempt: Attempt) => answer(await given, attempt)

  function accept(given: Verdict & { outcome: 'accept' }, proof: Proof): Answer {
    const said = acceptAttributes(given, interimIntervalSeconds)
    const attributes = proof.acceptAttributes ? [...said, ...proof.acceptAttributes()] : said
    return { outcome: 'accepted', code: CODE.accessAccept, attributes, signed: true }
  }

  /** Nothing else of ours may be in a reject (RFC 2865 section 5.44). */
  function reject(refusal: Refusal, proof?: Proof): Answer {
    const message = text(ATTRIBUTE.replyMessage, refusalText(language, refusal))
    return rejectWith([message, ...(proof?.rejectAttributes?.() ?? [])])
  }

  return ({ nas, packet }: Request): Answer | Promise<Answer> => {
    const username = textOf(packet, ATTRIBUTE.userName)
    const proof = onlyProof({ packet, username: username ?? '', secret: nas.secret })
    if (username === undefined || !proof) {
      const eap = eapRefusal(packet)
      return eap ? rejectWith([eap]) : reject('no-such-login')
    }
    const station = textOf(packet, ATTRIBUTE.callingStationId)
    const macAddress = parseMacAddress(station ?? '')
    const attempt = new Attempt(nas, username, { station, macAddress }, isArrival(username, macAddress, proof), proof)
    if (!attempt.isArrival && guesses.isShutOut(attempt)) return reject('too-many-guesses', proof)
    const verdict = authorize(attempt)
    return verdict instanceof Promise ? answerLater(verdict, attempt) : answer(verdict, attempt)
  }
}

/** Somebody's one try to be let in. */
class Attempt implements Login, Guesser {
  readonly routerId: number
  readonly isTest: boolean
  readonly username: string
  readonly station: string | undefined
  readonly macAddress: string | undefined
  readonly isArrival: boolean
  readonly proof: Proof
  /** Among the passwords that it was compared with was the right one. */
  isProven = false

  constructor(
    nas: Nas,
    username: string,
    { station, macAddress }: Pick<Guesser, 'station' | 'macAddress'>,
    isArrival: boolean,
    proof: Proof,
  ) {
    this.routerId = nas.routerId
    this.isTest = nas.isTest === true
    this.username = username
    this.station = station
    this.macAddress = macAddress
    this.isArrival = isArrival
    this.proof = proof
  }

  matches(password: string): boolean {
    const isRight = this.proof.matches(password)
    this.isProven ||= isRight
    return isRight
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
