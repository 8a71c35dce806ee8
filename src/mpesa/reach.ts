import { connect } from 'node:net'
import type { Clock } from '../clock.ts'

/** `no-answer`: there is a way, and nobody answers at its end. `no-internet`: there is no way. */
export type Reach = 'open' | 'no-answer' | 'no-internet'

export interface MpesaReach {
  /** As it was seen a moment ago; what nobody has looked at lately is taken for open. Sees to it that the next one knows. */
  now(): Reach
  /** Looks, at most once at a time. */
  look(): Promise<Reach>
}

const LOOK_AGAIN_MS = 15_000
const STALE_MS = 60_000
const ANSWER_MS = 5_000

/** What a box says itself when it has lost its line; a time-out or a refusal comes from farther away. */
const NO_WAY: readonly unknown[] = ['ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL']

/** Whether M-PESA can be reached, by no more than opening a connection, and only while somebody wants to know. */
export function openReach({ baseUrl, clock }: { baseUrl: string; clock: Clock }): MpesaReach {
  const { hostname, port, protocol } = new URL(baseUrl)
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (protocol === 'https:' ? 443 : 80)) }
  let seen: { reach: Reach; atMs: number } | undefined
  let looking: Promise<Reach> | undefined

  const look = async (): Promise<Reach> => {
    const reach = await tryToConnect(address)
    seen = { reach, atMs: clock.nowMs() }
    looking = undefined
    return reach
  }
  const lookOnce = () => {
    looking ??= look()
    return looking
  }
  return {
    look: lookOnce,
    now() {
      const sinceMs = seen === undefined ? -1 : clock.nowMs() - seen.atMs
      // What was seen after now was seen before the clock was set back.
      const ageMs = sinceMs < 0 ? Number.POSITIVE_INFINITY : sinceMs
      if (ageMs >= LOOK_AGAIN_MS) void lookOnce()
      return seen !== undefined && ageMs < STALE_MS ? seen.reach : 'open'
    },
  }
}

function tryToConnect(address: { host: string; port: number }): Promise<Reach> {
  return new Promise((resolve) => {
    const socket = connect(address)
    const timer = setTimeout(() => end('no-answer'), ANSWER_MS)
    const end = (reach: Reach) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(reach)
    }
    socket.once('connect', () => end('open'))
    socket.on('error', (error) => end(isNoWay(error) ? 'no-internet' : 'no-answer'))
  })
}

function isNoWay(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isNoWay)
  const { code, syscall } = error as { code?: unknown; syscall?: unknown }
  return syscall === 'getaddrinfo' || NO_WAY.includes(code)
}
