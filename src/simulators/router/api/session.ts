import type { Socket } from 'node:net'
import type { RouterFaults } from '../faults.ts'
import { type Answer, type ApiCommand, type Row, trap } from '../menus/menu.ts'
import type { MenuTree } from '../menus/tree.ts'
import { type ApiAccount, ApiLogin } from './login.ts'
import { encodeSentence } from './words.ts'

export interface ApiParts {
  account: ApiAccount
  menus: MenuTree
  /** `!empty` is an answer since 7.18. */
  saysEmpty: boolean
  faults: RouterFaults
  /** Every command after the login is added here. */
  commands: string[][]
}

/** One API connection: reads sentences, runs commands side by side, answers each under its tag. */
export class ApiSession {
  readonly #socket: Socket
  readonly #parts: ApiParts
  readonly #login: ApiLogin
  #loggedIn = false
  #pieces: Promise<void> = Promise.resolve()

  constructor(socket: Socket, parts: ApiParts) {
    this.#socket = socket
    this.#parts = parts
    this.#login = new ApiLogin(parts.account)
  }

  receive(sentence: readonly string[]): void {
    const command = parseCommand(sentence)
    if (command.menu === '' && command.verb === 'login') this.#logIn(command)
    else if (!this.#loggedIn) this.#fatal('not logged in')
    else if (command.menu === '' && command.verb === 'quit') this.#fatal('session terminated on request')
    else void this.#run(command, sentence)
  }

  #logIn(command: ApiCommand): void {
    const answer = this.#login.attempt(command)
    this.#loggedIn = answer.kind === 'done' && answer.ret === undefined
    this.#answer(command, answer)
    if (this.#loggedIn && this.#parts.faults.closeAfterLogin) this.#socket.end()
  }

  async #run(command: ApiCommand, sentence: readonly string[]): Promise<void> {
    this.#parts.commands.push(sentence.filter((word) => !word.startsWith('.tag=')))
    const { faults } = this.#parts
    if (faults.apiCutsBefore) return void this.#socket.resetAndDestroy()
    const path = `${command.menu}/${command.verb}`
    const refusal = faults.refuse[path]
    const answer = refusal === undefined ? await this.#parts.menus.run(command) : trap(refusal)
    const isLost = faults.apiAnswersLost || faults.loseAnswersOf === path
    if (faults.loseAnswersOf === path) faults.loseAnswersOf = undefined
    if (isLost) this.#socket.resetAndDestroy()
    else this.#answer(command, answer)
  }

  #answer({ tag }: ApiCommand, answer: Answer): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    const tagWords = tag === undefined ? [] : [`.tag=${tag}`]
    const sentences = this.#sentences(answer).map(([reply, row]) => {
      const attributes = Object.entries(row).map(([name, value]) => `=${name}=${value}`)
      return encodeSentence([reply, ...tagWords, ...attributes])
    })
    this.#send(Buffer.concat(sentences))
  }

  #send(bytes: Buffer): void {
    const { apiCutsMidReply, apiPieceBytes } = this.#parts.faults
    if (apiCutsMidReply) {
      this.#socket.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => this.#socket.resetAndDestroy())
    } else if (apiPieceBytes === undefined) {
      this.#socket.write(bytes)
    } else {
      this.#trickle(bytes, apiPieceBytes)
    }
  }

  /** One after the other, also of answers that overlap. */
  #trickle(bytes: Buffer, pieceBytes: number): void {
    this.#pieces = this.#pieces.then(async () => {
      for (let at = 0; at < bytes.length && !this.#socket.destroyed; at += pieceBytes) {
        this.#socket.write(bytes.subarray(at, at + pieceBytes))
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
  }

  /** Reply words and their attributes. Whatever the outcome, the last one is `!done`. */
  #sentences(answer: Answer): [reply: string, attributes: Row][] {
    if (answer.kind === 'done') return [['!done', answer.ret === undefined ? {} : { ret: answer.ret }]]
    if (answer.kind === 'traps') {
      const traps = answer.traps.map(({ category, message }): [string, Row] => [
        '!trap',
        category === undefined ? { message } : { category: String(category), message },
      ])
      return [...traps, ['!done', {}]]
    }
    const rows = answer.rows.map((row): [string, Row] => ['!re', row])
    const empty: [string, Row][] = rows.length === 0 && this.#parts.saysEmpty ? [['!empty', {}]] : []
    return [...rows, ...empty, ['!done', {}]]
  }

  #fatal(reason: string): void {
    this.#socket.end(encodeSentence(['!fatal', reason]))
  }
}

function parseCommand([path = '', ...words]: readonly string[]): ApiCommand {
  const slash = path.lastIndexOf('/')
  const args = new Map<string, string>()
  const queries: string[] = []
  let tag: string | undefined
  for (const word of words) {
    if (word.startsWith('?')) queries.push(word)
    else if (word.startsWith('.tag=')) tag = word.slice('.tag='.length)
    else if (word.startsWith('=')) {
      const equals = word.indexOf('=', 1)
      if (equals < 0) args.set(word.slice(1), '')
      else args.set(word.slice(1, equals), word.slice(equals + 1))
    }
  }
  const command = { menu: path.slice(0, Math.max(0, slash)), verb: path.slice(slash + 1), args, queries }
  return tag === undefined ? command : { ...command, tag }
}
