import { createHash, randomBytes } from 'node:crypto'
import { type Answer, type ApiCommand, done, trap } from '../menus/menu.ts'

export interface ApiAccount {
  username: string
  password: string
  /** Whether the account's group has the policy `api`. */
  mayUseApi: boolean
  /** The login of releases before 6.43: a challenge, then its MD5. */
  oldLogin: boolean
}

/** One connection's way through `/login`. */
export class ApiLogin {
  readonly #account: ApiAccount
  #challenge: Buffer | undefined

  constructor(account: ApiAccount) {
    this.#account = account
  }

  /** `done` without `ret` means that the peer is in. */
  attempt({ args }: ApiCommand): Answer {
    return this.#account.oldLogin ? this.#attemptOld(args) : this.#attemptNew(args)
  }

  #attemptNew(args: ReadonlyMap<string, string>): Answer {
    const { username, password, mayUseApi } = this.#account
    const right = args.get('name') === username && (args.get('password') ?? '') === password
    return right && mayUseApi ? done : trap('invalid user name or password (6)')
  }

  #attemptOld(args: ReadonlyMap<string, string>): Answer {
    const response = args.get('response')
    if (response === undefined) {
      this.#challenge = randomBytes(16)
      return { kind: 'done', ret: this.#challenge.toString('hex') }
    }
    const { username, password, mayUseApi } = this.#account
    const challenge = this.#challenge
    this.#challenge = undefined
    if (!challenge || args.get('name') !== username || !mayUseApi) return trap('cannot log in')
    const expected = createHash('md5').update(Buffer.of(0)).update(password).update(challenge).digest('hex')
    return response.toLowerCase() === `00${expected}` ? done : trap('cannot log in')
  }
}
