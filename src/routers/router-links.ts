import { RouterError } from './router-error.ts'
import { type LinkParts, RouterLink, type RunOptions } from './router-link.ts'
import type { RouterAddress } from './routeros-connection.ts'
import type { Row } from './routeros-patches.ts'

/** One link per router, for as long as it is reached in the same way. */
export class RouterLinks {
  readonly #parts: LinkParts
  readonly #links = new Map<number, RouterLink>()
  #stopped = false

  constructor(parts: LinkParts) {
    this.#parts = parts
  }

  async run(address: RouterAddress, words: readonly string[], options: RunOptions): Promise<Row[]> {
    if (this.#stopped) throw new RouterError('closed', 'we are stopping', { sent: false })
    return this.#linkTo(address).run(words, options)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all([...this.#links.values()].map((link) => link.stop()))
  }

  /** A router that has moved, or has a new password, is another one: what is known of the old way is worth nothing. */
  #linkTo(address: RouterAddress): RouterLink {
    const known = this.#links.get(address.routerId)
    if (known && isSameWay(known.address, address)) return known
    const link = new RouterLink(address, this.#parts)
    this.#links.set(address.routerId, link)
    void known?.stop()
    return link
  }
}

function isSameWay(one: RouterAddress, other: RouterAddress): boolean {
  const keys = ['host', 'port', 'tls', 'username', 'password', 'certificate'] as const
  return keys.every((key) => one[key] === other[key])
}
