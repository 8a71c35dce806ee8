import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { MlangoError } from '../errors.ts'

/** As the daemon wants it. */
const LEAST_CHARACTERS = 12

/** From standard input: an argument would stand in the shell's history and the list of processes. */
export async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) return askTwice()
  return longEnough((await text(process.stdin)).split('\n')[0] ?? '')
}

async function askTwice(): Promise<string> {
  // The terminal in raw mode shows nothing by itself, and what readline would show goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, written) => written() })
  const typing = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  const lines = typing[Symbol.asyncIterator]()
  const ask = async (prompt: string): Promise<string> => {
    process.stderr.write(prompt)
    const { value, done } = await lines.next()
    process.stderr.write('\n')
    // Ctrl-C or Ctrl-D.
    if (done) throw new MlangoError('password-missing', 'No password was given; nothing has changed.')
    return value
  }
  try {
    const password = longEnough(await ask(`Password (at least ${LEAST_CHARACTERS} characters): `))
    if ((await ask('The same again: ')) !== password)
      throw new MlangoError('password-mistyped', 'The two passwords are not the same; nothing has changed.')
    return password
  } finally {
    typing.close()
  }
}

function longEnough(password: string): string {
  if (password.length >= LEAST_CHARACTERS) return password
  throw new MlangoError('password-short', `The password needs at least ${LEAST_CHARACTERS} characters.`)
}
