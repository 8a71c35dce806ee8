import { ATTRIBUTE } from './attributes.ts'
import type { LoginMethod } from './login.ts'
import { row } from './md5.ts'
import { AUTHENTICATOR, endOf, findAttribute, HEADER_BYTES } from './packet.ts'

/** CHAP-Password (RFC 2865 section 5.3). Without a CHAP-Challenge, the Request Authenticator is the challenge. */
export const chap: LoginMethod = ({ packet }) => {
  const { bytes } = packet
  const at = findAttribute(packet, ATTRIBUTE.chapPassword)
  if (at === undefined || endOf(bytes, at) !== at + 19) return undefined
  const challenge = findAttribute(packet, ATTRIBUTE.chapChallenge)
  const [from, end] = challenge === undefined ? [AUTHENTICATOR, HEADER_BYTES] : [challenge + 2, endOf(bytes, challenge)]
  return {
    matches: (password) =>
      row(bytes, at + 2, at + 3)
        .andText(password)
        .and(bytes, from, end)
        .isMd5At(bytes, at + 3),
  }
}
