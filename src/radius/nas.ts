/** A router as RADIUS sees it: whoever sends from its address with its secret. */
export interface Nas {
  readonly routerId: number
  readonly name: string
  /** IPv4; empty while it is not known. */
  readonly address: string
  readonly secret: Buffer
  /** Where it takes Disconnect-Requests. */
  readonly coaPort: number
  /** Of its Access-Requests. `auto`: from the first one that has it on. */
  readonly requireMessageAuthenticator: 'auto' | 'yes' | 'no'
  /** `auto`: it is known to have signed, also before the last start. */
  readonly hasSigned?: boolean
  /** It speaks over TLS, where certificates prove what signatures prove elsewhere. */
  readonly overTls?: boolean
  /** Not a router but an operator who tries out an answer. */
  readonly isTest?: boolean
}
