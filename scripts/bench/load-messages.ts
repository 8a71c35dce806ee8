/** What goes between a benchmark and its load client, which is a process of its own. */
export interface LoadRequest {
  path: string
  body: string
}

export type ToLoad =
  /** Opens so many keep-alive connections, each used once already when `open` is answered. */
  | { kind: 'open'; port: number; sockets: number }
  /** Sends all requests: at once, or one every 1 / `perSecond`. There are as many open sockets as may be under way. */
  | { kind: 'send'; requests: LoadRequest[]; perSecond: number | null }

export type FromLoad =
  | { kind: 'opened' }
  /** One entry per request, in its order. The time counts from when it was due, not from when a busy client got to it. */
  | { kind: 'sent'; latenciesMs: number[]; statuses: number[] }
