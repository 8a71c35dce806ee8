import { createCipheriv, randomBytes, timingSafeEqual } from 'node:crypto'
import { vendorOctets, vendorOctetsOf } from './attribute-values.ts'
import { MICROSOFT } from './attributes.ts'
import type { LoginMethod, LoginRequest, Proof } from './login.ts'
import { md4 } from './md4.ts'
import { mppeAttributes, mppeKeys } from './mppe.ts'
import { sha1 } from './sha1.ts'

/** MS-CHAPv2 (RFC 2548 section 2.3, RFC 2759 section 8), for PPPoE. An accept proves to the client that we know its password too. */
export const msChapV2: LoginMethod = (request) => {
  const challenge = vendorOctetsOf(request.packet, MICROSOFT.chapChallenge)
  const response = vendorOctetsOf(request.packet, MICROSOFT.chap2Response)
  return challenge?.length === 16 && response?.length === 50 ? proofOf(request, challenge, response) : undefined
}

function proofOf({ packet, username, secret }: LoginRequest, challenge: Buffer, response: Buffer): Proof {
  const ident = response.subarray(0, 1)
  const ntResponse = response.subarray(26)
  const hashed = challengeHash(response.subarray(2, 18), challenge, username)
  let hashOfNtHash: Buffer | undefined

  return {
    matches(password) {
      const ntHash = md4(Buffer.from(password, 'utf16le'))
      const isRight = timingSafeEqual(ntResponseTo(hashed, ntHash), ntResponse)
      if (isRight) hashOfNtHash = md4(ntHash)
      return isRight
    },
    acceptAttributes() {
      if (!hashOfNtHash) return []
      const success = Buffer.from(authenticatorResponse(hashOfNtHash, ntResponse, hashed))
      const keys = mppeKeys(hashOfNtHash, ntResponse)
      return [
        vendorOctets(MICROSOFT.chap2Success, Buffer.concat([ident, success])),
        ...mppeAttributes(keys, packet.authenticator, secret),
      ]
    },
    rejectAttributes() {
      const error = `E=691 R=1 C=${randomBytes(16).toString('hex').toUpperCase()} V=3`
      return [vendorOctets(MICROSOFT.chapError, Buffer.concat([ident, Buffer.from(error)]))]
    },
  }
}

/** The user name counts without its domain (RFC 2759 section 4). */
function challengeHash(peerChallenge: Buffer, authenticatorChallenge: Buffer, username: string): Buffer {
  const name = username.slice(username.lastIndexOf('\\') + 1)
  return sha1(peerChallenge, authenticatorChallenge, name).subarray(0, 8)
}

function ntResponseTo(hashedChallenge: Buffer, ntHash: Buffer): Buffer {
  const keys = Buffer.concat([ntHash, Buffer.alloc(5)])
  return Buffer.concat([0, 7, 14].map((at) => des(keys.subarray(at, at + 7), hashedChallenge)))
}

function authenticatorResponse(hashOfNtHash: Buffer, ntResponse: Buffer, hashedChallenge: Buffer): string {
  const digest = sha1(hashOfNtHash, ntResponse, 'Magic server to client signing constant')
  const proof = sha1(digest, hashedChallenge, 'Pad to make it do more than one iteration')
  return `S=${proof.toString('hex').toUpperCase()}`
}

/** Node's OpenSSL no longer has single DES; triple DES with the same key three times is it. */
function des(key: Buffer, block: Buffer): Buffer {
  const spread = spreadKey(key)
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([spread, spread, spread]), null)
  cipher.setAutoPadding(false)
  return Buffer.concat([cipher.update(block), cipher.final()])
}

/** 56 bits, seven in each octet; the eighth is a parity that DES does not look at. */
function spreadKey(key: Buffer): Buffer {
  const bits = BigInt(`0x${key.toString('hex')}`)
  return Buffer.from(Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(49 - 7 * i)) & 0x7fn) << 1))
}
