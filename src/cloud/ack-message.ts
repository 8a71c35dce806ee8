import * as z from 'zod'

const LONGEST_BYTES = 1_024
const ackMessage = z.object({ epoch: z.string(), seq: z.int().min(0), time: z.iso.datetime().optional() })

/** The cloud's word: it has everything of this epoch up to `seq`, and perhaps what time it was there. Undefined when the payload is something else. */
export function parseAck(payload: Buffer): z.infer<typeof ackMessage> | undefined {
  if (payload.length > LONGEST_BYTES) return undefined
  try {
    return ackMessage.safeParse(JSON.parse(payload.toString('utf8'))).data
  } catch {
    return undefined
  }
}
