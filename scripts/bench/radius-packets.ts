import { randomBytes } from 'node:crypto'
import {
  chapPassword,
  hidePassword,
  sealAccessRequest,
  sealAccounting,
} from '../../src/simulators/router/nas/authenticity.ts'
import { type Attribute, address, integer, text } from '../../src/simulators/router/nas/packet.ts'
import { ROUTER_ADDRESSES, SECRET, type User, userNumber } from './radius-users.ts'

/** What a RouterOS hotspot sends, encoded before the clock starts. */

export interface Work {
  kind: 'pap' | 'chap' | 'accounting'
  count: number
  users: number
  /** Accounting: where the numbers of the sessions begin. */
  firstSession?: number
}

export function encode({ kind, count, users, firstSession = 0 }: Work): Buffer[] {
  if (kind === 'accounting') return accountingOf(count, users, firstSession)
  // A prime step visits everybody in scrambled order.
  return Array.from({ length: count }, (_, at) => access(kind, userNumber((at * 7919) % users), at))
}

/** The packets are dealt out to the routers one by one, and each counts its ids. */
const idOf = (at: number) => Math.floor(at / ROUTER_ADDRESSES.length) & 0xff

function access(kind: 'pap' | 'chap', user: User, at: number): Buffer {
  const authenticator = randomBytes(16)
  const challenge = randomBytes(16)
  const proof: Attribute[] =
    kind === 'pap'
      ? [{ type: 2, value: hidePassword(user.password, authenticator, SECRET) }]
      : [
          { type: 3, value: chapPassword(at & 0xff, user.password, challenge) },
          { type: 60, value: challenge },
        ]
  const attributes = [text(1, user.username), ...proof, ...described(user, at)]
  return sealAccessRequest({ code: 1, id: idOf(at), authenticator, attributes }, SECRET, true)
}

/** A third each of Start, Interim-Update and Stop. */
function accountingOf(count: number, users: number, firstSession: number): Buffer[] {
  const sessions = Math.floor(count / 3)
  return [1, 3, 2].flatMap((status, turn) =>
    Array.from({ length: sessions }, (_, at) => {
      const user = userNumber((at * 7919) % users)
      const number = firstSession + at
      const counted =
        status === 1 ? [] : [integer(46, 300 * status), integer(42, 5_000 * status), integer(43, 90_000 * status)]
      const attributes = [
        integer(40, status),
        text(1, user.username),
        ...described(user, number),
        text(25, `${user.grantId}.${number}`),
        integer(41, 0),
        ...counted,
        ...(status === 2 ? [integer(49, 1)] : []),
      ]
      return sealAccounting(4, idOf(turn * sessions + at), attributes, SECRET)
    }),
  )
}

function described(user: User, at: number): Attribute[] {
  return [
    text(32, 'MikroTik'),
    address(4, '127.0.1.1'),
    integer(5, at),
    text(44, `80${(at & 0xffffff).toString(16).padStart(6, '0')}`),
    integer(61, 19),
    text(31, user.macAddress),
    text(30, 'hotspot1'),
    text(87, 'bridge'),
    integer(6, 1),
    address(8, `10.5.${(at >> 8) & 0xff}.${at & 0xff}`),
  ]
}
