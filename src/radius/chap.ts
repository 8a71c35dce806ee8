import { timingSafeEqual } from 'node:crypto'
import { octetsOf } from './attribute-values.ts'
import { ATTRIBUTE } from './attributes.ts'
import type { LoginMethod } from './login.ts'
import { md5 } from './md5.ts'

/** CHAP-Password (RFC 2865 section 5.3). Without a CHAP-Challenge, the Request Authenticator is the challenge. */
export const chap: LoginMethod = ({ packet }) => {
  const response = octetsOf(packet, ATTRIBUTE.chapPassword)
  if (response?.length !== 17) return undefined
  const challenge = octetsOf(packet, ATTRIBUTE.chapChallenge) ?? packet.authenticator
  return {
    matches: (password) =>
      timingSafeEqual(md5(response.subarray(0, 1), Buffer.from(password), challenge), response.subarray(1)),
  }
}
