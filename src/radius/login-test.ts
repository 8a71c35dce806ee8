import { randomBytes, randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { octets, text } from './attribute-values.ts'
import { ATTRIBUTE, CODE } from './attributes.ts'
import { isAuthenticReply, sealAccessRequest } from './authenticity.ts'
import { type DescribedPacket, describeAttributes } from './describe-packet.ts'
import type { Sender } from './duplicates.ts'
import { md5 } from './md5.ts'
import type { Nas } from './nas.ts'
import { type NewAttribute, readPacket } from './packet.ts'
import { hidePassword } from './pap.ts'
import { isOnlyATest } from './reject-texts.ts'

/** An operator's login by hand: a real packet to our own port, from a socket that only we know. */
export interface TestLogin {
  username: string
  password: string
  macAddress?: string
  method: 'pap' | 'chap'
}

export interface TestAnswer {
  /** `unused-voucher`: rejected, so that it does not start, but a real login would be let in. */
  outcome: 'accepted' | 'unused-voucher' | 'rejected' | 'no-answer'
  milliseconds: number
  attributes: DescribedPacket['attributes']
}

const PATIENCE_MS = 3_000

export function openLoginTests({ host, authPort }: { host: string; authPort(): number }) {
  const target = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  /** Of the tests that run now: nobody else can send from these. */
  const byPort = new Map<number, Nas>()

  async function run(login: TestLogin): Promise<TestAnswer> {
    const secret = randomBytes(16)
    const socket = createSocket(isIPv6(target) ? 'udp6' : 'udp4')
    try {
      socket.bind(0, target)
      await once(socket, 'listening')
      const { port } = socket.address()
      byPort.set(port, testNas(secret))
      const authenticator = randomBytes(16)
      const request = sealAccessRequest(
        randomInt(256),
        authenticator,
        attributesOf(login, authenticator, secret),
        secret,
      )
      if (!request) return { outcome: 'no-answer', milliseconds: 0, attributes: [] }
      const startMs = performance.now()
      const answered = once(socket, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) })
      socket.send(request, authPort(), target)
      const [datagram] = await answered.catch(() => [])
      const milliseconds = Math.round((performance.now() - startMs) * 10) / 10
      const answer = datagram && readPacket(datagram)
      if (!answer || !isAuthenticReply(answer, request, secret))
        return { outcome: 'no-answer', milliseconds, attributes: [] }
      const attributes = describeAttributes(answer)
      if (answer.code === CODE.accessAccept) return { outcome: 'accepted', milliseconds, attributes }
      const isUnused = attributes.some(({ name, value }) => name === 'Reply-Message' && isOnlyATest(String(value)))
      return { outcome: isUnused ? 'unused-voucher' : 'rejected', milliseconds, attributes }
    } finally {
      byPort.delete(socket.address().port)
      socket.close()
    }
  }

  return {
    run,
    nasOf: ({ address, port }: Sender): Nas | undefined => (address === target ? byPort.get(port) : undefined),
  }
}

/** No router has this number. */
const testNas = (secret: Buffer): Nas => ({
  routerId: 0,
  name: 'test',
  address: '',
  secret,
  coaPort: 0,
  requireMessageAuthenticator: 'yes',
  isTest: true,
})

function attributesOf({ username, password, macAddress, method }: TestLogin, authenticator: Buffer, secret: Buffer) {
  const attributes: NewAttribute[] = [text(ATTRIBUTE.userName, username)]
  if (method === 'pap') attributes.push(octets(ATTRIBUTE.userPassword, hidePassword(password, authenticator, secret)))
  else {
    const [id, challenge] = [Buffer.of(randomInt(256)), randomBytes(16)]
    const response = md5(id, Buffer.from(password), challenge)
    attributes.push(octets(ATTRIBUTE.chapPassword, Buffer.concat([id, response])))
    attributes.push(octets(ATTRIBUTE.chapChallenge, challenge))
  }
  if (macAddress !== undefined) attributes.push(text(ATTRIBUTE.callingStationId, macAddress))
  return attributes
}
