import { MlangoError } from '../errors.ts'
import { CODE } from './attributes.ts'
import { describeAttribute } from './dictionary.ts'
import { HEADER_BYTES, type Packet, readPacket } from './packet.ts'

/** A packet for people to read. Nothing in it is checked: that takes the secret. */
export interface DescribedPacket {
  code: number
  name: string
  id: number
  length: number
  authenticator: string
  attributes: { name: string; value: string | number }[]
}

const CODE_NAMES: Record<number, string> = {
  [CODE.accessRequest]: 'Access-Request',
  [CODE.accessAccept]: 'Access-Accept',
  [CODE.accessReject]: 'Access-Reject',
  [CODE.accountingRequest]: 'Accounting-Request',
  [CODE.accountingResponse]: 'Accounting-Response',
  11: 'Access-Challenge',
  [CODE.statusServer]: 'Status-Server',
  [CODE.disconnectRequest]: 'Disconnect-Request',
  41: 'Disconnect-ACK',
  42: 'Disconnect-NAK',
  [CODE.coaRequest]: 'CoA-Request',
  44: 'CoA-ACK',
  45: 'CoA-NAK',
}

/** Throws a MlangoError that says what is wrong with octets that are no packet. */
export function describePacket(datagram: Buffer): DescribedPacket {
  const packet = readPacket(datagram)
  if (!packet) throw new MlangoError('packet-malformed', `This is no RADIUS packet: ${faultOf(datagram)}.`)
  return {
    code: packet.code,
    name: CODE_NAMES[packet.code] ?? `code ${packet.code}`,
    id: packet.id,
    length: packet.bytes.length,
    authenticator: packet.authenticator.toString('hex'),
    attributes: describeAttributes(packet),
  }
}

export const describeAttributes = ({ attributes }: Packet): DescribedPacket['attributes'] =>
  attributes.flatMap(describeAttribute)

function faultOf(datagram: Buffer): string {
  if (datagram.length < HEADER_BYTES)
    return `it has ${datagram.length} octets, and a packet has ${HEADER_BYTES} at least`
  const length = datagram.readUInt16BE(2)
  if (length < HEADER_BYTES || length > 4096) return `its length field says ${length}, which must be from 20 to 4096`
  if (length > datagram.length) return `its length field says ${length}, but there are only ${datagram.length} octets`
  let at = HEADER_BYTES
  while (at + 2 <= length && datagram[at] !== 0 && (datagram[at + 1] ?? 0) >= 2) {
    if (at + (datagram[at + 1] ?? 0) > length) break
    at += datagram[at + 1] ?? length
  }
  return at < length ? `the attribute at octet ${at} does not fit` : 'it has too many attributes'
}
