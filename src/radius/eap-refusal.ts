import { octets, octetsOf } from './attribute-values.ts'
import { ATTRIBUTE } from './attributes.ts'
import type { NewAttribute, Packet } from './packet.ts'

const EAP_FAILURE = 4

/** What ends an EAP conversation: a Failure with the id of the question, and no Reply-Message (RFC 3579 section 2.6). */
export function eapRefusal(packet: Packet): NewAttribute | undefined {
  const question = octetsOf(packet, ATTRIBUTE.eapMessage)
  return question && octets(ATTRIBUTE.eapMessage, Buffer.of(EAP_FAILURE, question[1] ?? 0, 0, 4))
}
