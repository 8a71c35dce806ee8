import { MlangoError } from '../errors.ts'

/** One `!trap`: the router's no. Category 0 is a missing item or command, 1 a bad value; many traps have none. */
export interface RouterTrap {
  message: string
  category?: number
}

/**
 * `auth`: it does not know our name or password. `network`: no way there, or the connection broke. `timeout`: it does not
 * answer. `trap`: it said no. `closed`: it, or we, ended the connection.
 */
export type RouterErrorKind = 'auth' | 'network' | 'timeout' | 'trap' | 'closed'

interface RouterErrorDetails {
  /** Whether the router may have carried the command out: then read back before repeating it. */
  sent: boolean
  traps?: readonly RouterTrap[]
  cause?: unknown
}

/** What can go wrong with a router. `message` is a sentence part for the operator, without the router's name. */
export class RouterError extends MlangoError {
  readonly kind: RouterErrorKind
  readonly sent: boolean
  readonly traps: readonly RouterTrap[]

  constructor(kind: RouterErrorKind, message: string, { sent, traps = [], cause }: RouterErrorDetails) {
    super(`router-${kind}`, message, { cause })
    this.name = 'RouterError'
    this.kind = kind
    this.sent = sent
    this.traps = traps
  }
}

/** A trap is a definite no, except this one: the router gave up waiting for itself. */
const BUSY = /^action timed out/

export function trapError(traps: readonly RouterTrap[]): RouterError {
  const message = traps.map((trap) => trap.message).join('; ')
  const sent = traps.some((trap) => BUSY.test(trap.message))
  return new RouterError('trap', message, { sent, traps })
}

/** Whether a trap says this, without regard to `failure: ` before it and to what follows. */
export function trapSays(error: unknown, text: string): boolean {
  if (!(error instanceof RouterError)) return false
  return error.traps.some(({ message }) => message.replace(/^failure: /, '').startsWith(text))
}

/** Whether nothing shows that the router is there. Who refuses a port or shows a certificate has power and a network. */
export function isAway({ kind, message }: RouterError): boolean {
  return kind !== 'auth' && kind !== 'trap' && !/ECONNREFUSED|certificate|\bSSL\b/i.test(message)
}

/** What a failed socket means; by its own error, for node-routeros keeps only a negative number and no text. */
export function networkError(thrown: unknown): { kind: RouterErrorKind; message: string; cause: unknown } {
  const { code, errno, message } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Partial<
    NodeJS.ErrnoException & { errno: number | string }
  >
  const named = code ?? (typeof errno === 'number' ? ERRNO_NAMES[errno] : errno)
  const kind = named === 'ETIMEDOUT' || named === 'SOCKTMOUT' ? 'timeout' : 'network'
  const text = (named !== undefined && MEANINGS[named]) || message || named || String(thrown)
  return { kind, message: text, cause: thrown }
}

/** Linux. */
const ERRNO_NAMES: Record<number, string> = {
  [-32]: 'EPIPE',
  [-101]: 'ENETUNREACH',
  [-104]: 'ECONNRESET',
  [-110]: 'ETIMEDOUT',
  [-111]: 'ECONNREFUSED',
  [-113]: 'EHOSTUNREACH',
}

const MEANINGS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens on its API port (ECONNREFUSED)',
  ECONNRESET: 'it broke the connection (ECONNRESET)',
  EPIPE: 'it broke the connection (EPIPE)',
  ETIMEDOUT: 'it does not answer (ETIMEDOUT)',
  EHOSTUNREACH: 'it does not answer on the network (EHOSTUNREACH)',
  ENETUNREACH: 'there is no way to its network (ENETUNREACH)',
  ENOTFOUND: 'nobody knows its name (ENOTFOUND)',
}
