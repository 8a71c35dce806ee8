import { z } from 'zod'

const LONGEST_BYTES = 1_024
const ackMessage = z.object({ epoch: z.string(), seq: z.int().min(0) })

/** The cloud's word: it has everything of this epoch up to `seq`. Undefined when the payload is something else. */
export function parseAck(payload: Buffer): { epoch: string; seq: number } | undefined {
  if (payload.length > LONGEST_BYTES) return undefined
  try {
    return ackMessage.safeParse(JSON.parse(payload.toString('utf8'))).data
  } catch {
    return undefined
  }
}
