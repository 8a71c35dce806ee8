import { asError } from './errors.ts'

export interface Order {
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, string>
  body?: string
  timeoutMs: number
}

/** What became of one HTTP request. `unsent` is a proof that the far end never saw it; `lost` means it may have acted. */
export type Exchange =
  | { outcome: 'reply'; status: number; text: string }
  | { outcome: 'unsent'; detail: string }
  | { outcome: 'lost'; detail: string }

/** No reply that we understand is longer. */
const LONGEST_REPLY_BYTES = 256 * 1024

/**
 * Sends one request once, over a connection of its own: a kept connection that the far end has just closed would turn a
 * request that never arrived into a lost one. Redirects are not followed, because some of them repeat a POST.
 */
export async function exchange(order: Order, signal: AbortSignal): Promise<Exchange> {
  if (signal.aborted) return { outcome: 'unsent', detail: 'stopped before it was sent' }
  const timeout = AbortSignal.timeout(order.timeoutMs)
  try {
    const response = await fetch(order.url, {
      method: order.method,
      headers: { ...order.headers, Connection: 'close' },
      ...(order.body !== undefined && { body: order.body }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    })
    const text = await readText(response)
    return text === undefined
      ? { outcome: 'lost', detail: `HTTP ${response.status} with an answer too long to read` }
      : { outcome: 'reply', status: response.status, text }
  } catch (thrown) {
    if (timeout.aborted) return { outcome: 'lost', detail: `no answer within ${order.timeoutMs} ms` }
    if (signal.aborted) return { outcome: 'lost', detail: 'stopped while it waited for an answer' }
    const cause = asError(thrown).cause ?? thrown
    return { outcome: isProvablyUnsent(cause) ? 'unsent' : 'lost', detail: describe(cause) }
  }
}

/** Verdicts on the far end's certificate; they fall before the first byte of a request. A wrong clock on this box is one cause. */
const CERTIFICATE_FAULTS: readonly unknown[] = [
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]

/**
 * Whether a failure of fetch fell before the request was written. Only failures that name their stage count: the same
 * error number on an open connection ("host unreachable" while reading) says nothing about what arrived.
 */
export function isProvablyUnsent(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isProvablyUnsent)
  if (typeof cause !== 'object' || cause === null) return false
  const { code, syscall } = cause as { code?: unknown; syscall?: unknown }
  return (
    syscall === 'getaddrinfo' ||
    syscall === 'connect' ||
    code === 'UND_ERR_CONNECT_TIMEOUT' ||
    CERTIFICATE_FAULTS.includes(code)
  )
}

function describe(cause: unknown): string {
  const { code } = cause as { code?: unknown }
  const { message } = asError(cause)
  return typeof code === 'string' && !message.includes(code) ? `${message} (${code})` : message
}

async function readText(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    if (length > LONGEST_REPLY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
