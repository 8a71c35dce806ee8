import { gunzipSync } from 'node:zlib'

export interface ReceivedBatch {
  schema: number
  site: string
  epoch: string
  first_seq: number
  last_seq: number
  events: { seq: number; type: string; data: Record<string, unknown> }[]
}

/** A batch as a consumer reads it: gzip when its first bytes say so. */
export function readBatch(payload: Buffer): ReceivedBatch {
  return JSON.parse((payload[0] === 0x1f ? gunzipSync(payload) : payload).toString())
}

/** `first-last` of each batch, for comparing at a glance. */
export const rangesOf = (batches: readonly { payload: Buffer }[]): string[] =>
  batches.map(({ payload }) => readBatch(payload)).map(({ first_seq, last_seq }) => `${first_seq}-${last_seq}`)
