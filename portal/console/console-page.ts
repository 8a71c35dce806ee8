/** What every page behind the sign-in needs. */
export interface ConsolePage {
  siteName: string
  /** Who is signed in. */
  operator: { username: string; role: 'admin' | 'cashier' | 'viewer' }
  /** Goes into every form; empty on a page that has none. */
  csrf: string
  timeZone: string
  nowMs: number
}
