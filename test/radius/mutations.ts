import { createHmac } from 'node:crypto'
import {
  chapPassword,
  hidePassword,
  isAuthenticRequest,
  sealAccessRequest,
  sealAccounting,
} from '../../src/simulators/router/nas/authenticity.ts'
import { type Attribute, integer, parsePacket, text, vendorSpecific } from '../../src/simulators/router/nas/packet.ts'
import { USER } from './radius-house.ts'

/** Mulberry32: the same numbers for the same seed, on every machine. */
export function seeded(seed: number) {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    bytes: (length: number) => Buffer.from(Array.from({ length }, () => below(256))),
    pick: <Item>(items: readonly Item[]) => items[below(items.length)] as Item,
  }
}
type Random = ReturnType<typeof seeded>

const MICROSOFT = 311
const MIKROTIK = 14988
const hex = (digits: string) => Buffer.from(digits, 'hex')

/** The worked example of RFC 2759 section 9.2: whoever takes this password takes the login. */
export const MS_CHAP_USER = { username: 'User', password: 'clientPass' }
const MS_CHAP = [
  vendorSpecific(MICROSOFT, { type: 11, value: hex('5b5d7c7d7b3f2f3e3c2c602132262628') }),
  vendorSpecific(MICROSOFT, {
    type: 25,
    value: hex(`5a0021402324255e262a28295f2b3a337c7e${'00'.repeat(8)}82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df`),
  }),
]

interface Seed {
  code: number
  attributes: Attribute[]
}
type MakeSeed = (parts: { random: Random; authenticator: Buffer; secret: string }) => Seed

/** From a device that nobody has seen: guessing by one does not shut out the next. */
const phone = (random: Random) => text(31, random.bytes(6).toString('hex').replace(/..\B/g, '$&:'))
const alice = (random: Random) => [text(1, USER.username), phone(random)]
const access = (attributes: Attribute[]): Seed => ({ code: 1, attributes })
const pap = (password: string, authenticator: Buffer, secret: string) => ({
  type: 2,
  value: hidePassword(password, authenticator, secret),
})

/** A good packet of each kind that a router sends to the port for logins. */
const LOGIN_SEEDS: Record<string, MakeSeed> = {
  pap: ({ random, authenticator, secret }) =>
    access([...alice(random), pap(random.pick([USER.password, 'wrong', '']), authenticator, secret)]),
  chap({ random }) {
    const challenge = random.bytes(16)
    const response = chapPassword(random.below(256), USER.password, challenge)
    return access([...alice(random), { type: 3, value: response }, { type: 60, value: challenge }])
  },
  chapByAuthenticator: ({ random, authenticator }) =>
    access([...alice(random), { type: 3, value: chapPassword(random.below(256), USER.password, authenticator) }]),
  msChapV2: ({ random }) => access([text(1, MS_CHAP_USER.username), phone(random), ...MS_CHAP]),
  eap: ({ random }) =>
    access([...alice(random), { type: 79, value: hex('0200000a01616c696365') }, { type: 24, value: random.bytes(18) }]),
  arrival({ random }) {
    const device = phone(random)
    return access([{ type: 1, value: device.value }, device, { type: 2, value: Buffer.alloc(16) }])
  },
  vendors: ({ random, authenticator, secret }) =>
    access([
      ...alice(random),
      pap(USER.password, authenticator, secret),
      vendorSpecific(MIKROTIK, text(9, 'realm')),
      vendorSpecific(MIKROTIK, { type: 10, value: random.bytes(4) }),
      vendorSpecific(random.below(2 ** 24), { type: random.below(256), value: random.bytes(random.below(40)) }),
    ]),
  proxyState: ({ random, authenticator, secret }) =>
    access([
      ...alice(random),
      pap(USER.password, authenticator, secret),
      ...Array.from({ length: 1 + random.below(4) }, () => ({ type: 33, value: random.bytes(random.below(60)) })),
    ]),
  nothing: ({ random }) => access(alice(random)),
  statusServer: () => ({ code: 12, attributes: [] }),
}
const LOGIN_KINDS = Object.values(LOGIN_SEEDS)

const accountingSeed: MakeSeed = ({ random }) => ({
  code: 4,
  attributes: [
    integer(40, random.pick([1, 2, 3, 7, 8, 9])),
    ...alice(random),
    text(44, `80${random.below(1000).toString(16).padStart(6, '0')}`),
    ...(random.below(2) ? [text(25, 'grant.token'), integer(42, random.below(2 ** 31)), integer(52, 1)] : []),
    ...(random.below(4) ? [] : [{ type: 33, value: random.bytes(8) }]),
  ],
})

/** What the handlers look at; the rest is looked at by nobody. */
const READ = [1, 2, 3, 8, 24, 25, 26, 30, 31, 33, 40, 41, 42, 44, 46, 49, 52, 55, 60, 79]

/** Another value: shorter, longer or with one octet changed. */
function otherValue(random: Random, value: Buffer, most: number): Buffer {
  const change = random.below(3)
  if (change === 0) return value.subarray(0, random.below(value.length + 1))
  if (change === 1) return Buffer.concat([value, random.bytes(40)]).subarray(0, most)
  const copy = Buffer.from(value)
  if (copy.length > 0) copy[random.below(copy.length)] = random.below(256)
  return copy
}

/** What is within a Vendor-Specific keeps a length that fits, or it would not be looked at. */
function otherWithin(random: Random, { type, value }: Attribute): Attribute {
  const isWrapped = type === 26 && value.length >= 6 && random.below(4) > 0
  if (!isWrapped) return { type, value: otherValue(random, value, 253) }
  return vendorSpecific(value.readUInt32BE(0), {
    type: value.readUInt8(4),
    value: otherValue(random, value.subarray(6), 247),
  })
}

/** Attributes that fit together as a list, with content and in an order that nobody would send. */
function unlikely(random: Random, attributes: readonly Attribute[]): Attribute[] {
  const list = [...attributes]
  for (let times = random.below(5); times > 0; times -= 1) {
    const at = random.below(list.length + 1)
    const known = list[at] ?? { type: random.pick(READ), value: random.bytes(random.below(254)) }
    const change = random.below(6)
    if (change === 0) list.splice(at, 1)
    else if (change === 1) list.splice(at, 0, known)
    else if (change === 2) list.splice(at, 1, { ...known, type: random.pick(READ) })
    else if (change === 3) list.splice(at, 0, { type: random.pick(READ), value: random.bytes(random.below(40)) })
    else list.splice(at, 1, otherWithin(random, known))
  }
  return list
}

/** Octets changed, added and cut off, whatever they mean. */
function garbled(random: Random, packet: Buffer): Buffer {
  if (random.below(20) === 0) return random.bytes(random.below(100))
  const copy = Buffer.from(packet)
  for (let times = random.below(4); times >= 0; times -= 1) copy[random.below(copy.length)] = random.below(256)
  if (random.below(8) === 0) return Buffer.concat([copy, random.bytes(random.below(60))])
  return random.below(5) === 0 ? copy.subarray(0, random.below(copy.length)) : copy
}

export interface Mutants {
  /** A packet of a kind, right in every way but its content: what is behind the check of the secret must stand it too. */
  sealed(): Buffer
  /** The same with its octets garbled, so that the secret speaks for it no longer. */
  garbled(): Buffer
}

export function loginMutants(random: Random, secret: string): Mutants {
  const make = (change: typeof unlikely, signed: boolean) => {
    const authenticator = random.bytes(16)
    const { code, attributes } = random.pick(LOGIN_KINDS)({ random, authenticator, secret })
    const id = random.below(256)
    return sealAccessRequest({ code, id, authenticator, attributes: change(random, attributes) }, secret, signed)
  }
  return {
    sealed: () => make(unlikely, true),
    garbled: () =>
      garbled(
        random,
        make((_random, attributes) => [...attributes], random.below(2) === 0),
      ),
  }
}

export function accountingMutants(random: Random, secret: string): Mutants {
  const make = (change: typeof unlikely) => {
    const { code, attributes } = accountingSeed({ random, authenticator: Buffer.alloc(16), secret })
    return sealAccounting(code, random.below(256), change(random, attributes), secret)
  }
  return {
    sealed: () => make(unlikely),
    garbled: () =>
      garbled(
        random,
        make((_random, attributes) => [...attributes]),
      ),
  }
}

/** Whether the secret speaks for every octet of it, told by the simulated router's own code: only then may there be an answer. */
export function isProven(datagram: Buffer, secret: string, overTls = false): boolean {
  const packet = parsePacket(datagram)
  if (!packet) return false
  const { code, raw, attributes } = packet
  if (code === 4) return isAuthenticRequest(packet, secret)
  if (code !== 1 && code !== 12) return false
  const [signature, second] = attributes.filter(({ type }) => type === 80)
  if (!signature) return overTls
  if (second || signature.value.length !== 16) return false
  const zeroed = Buffer.from(raw)
  const at = signature.value.byteOffset - raw.byteOffset
  zeroed.fill(0, at, at + 16)
  return createHmac('md5', secret).update(zeroed).digest().equals(signature.value)
}
