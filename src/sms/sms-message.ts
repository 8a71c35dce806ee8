export interface SmsMessage {
  /** `+2547XXXXXXXX` */
  to: string
  text: string
  signal: AbortSignal
}

/** What came of sending one message. */
export type SmsAnswer =
  | { outcome: 'accepted'; providerId: string }
  /** A definite no: this message will not go out by this gateway. */
  | { outcome: 'refused'; code: string; detail: string }
  /** The gateway cannot take it now; nothing went out. */
  | { outcome: 'busy'; detail: string }
  /** The request never reached the gateway. */
  | { outcome: 'unsent'; detail: string }
  /** It may have gone out. Gateways know no idempotency: sending again may send it twice. */
  | { outcome: 'lost'; detail: string }
