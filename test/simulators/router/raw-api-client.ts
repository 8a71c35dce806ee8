import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A RouterOS API client that knows bytes and words and nothing more; `splitEvery` cuts what it sends into segments. */
export interface RawApiClient {
  readonly socket: Socket
  /** Sends one sentence and gathers its answer up to `!done` or `!fatal`. */
  ask(...words: string[]): Promise<string[][]>
  /** Only sends. */
  send(...words: string[]): void
  /** The next sentence, whoever asked for it. */
  next(): Promise<string[]>
  closed: Promise<void>
  close(): void
}

export async function connectRaw(port: number, host = '127.0.0.1'): Promise<RawApiClient> {
  const socket = connect({ host, port, noDelay: true })
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  const sentences: string[][] = []
  const waiting: ((sentence: string[]) => void)[] = []
  let bytes = Buffer.alloc(0)
  let words: string[] = []

  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk])
    for (;;) {
      const [length, prefix] = readLength(bytes)
      if (bytes.length < prefix + length || prefix === 0) return
      const word = bytes.subarray(prefix, prefix + length).toString('utf8')
      bytes = bytes.subarray(prefix + length)
      if (length > 0) {
        words.push(word)
        continue
      }
      const take = waiting.shift()
      if (take) take(words)
      else sentences.push(words)
      words = []
    }
  })
  await once(socket, 'connect')

  const send = (...sent: string[]) => void socket.write(sentenceBytes(sent))
  const next = () => {
    const ready = sentences.shift()
    return ready ? Promise.resolve(ready) : new Promise<string[]>((resolve) => waiting.push(resolve))
  }
  return {
    socket,
    send,
    next,
    closed,
    close: () => socket.destroy(),
    async ask(...sent) {
      send(...sent)
      const answer: string[][] = []
      for (;;) {
        const sentence = await next()
        answer.push(sentence)
        if (sentence[0] === '!done' || sentence[0] === '!fatal') return answer
      }
    },
  }
}

export async function logIn(port: number, username = 'mlango', password = 'pw', host?: string): Promise<RawApiClient> {
  const client = await connectRaw(port, host)
  const answer = await client.ask('/login', `=name=${username}`, `=password=${password}`)
  if (answer.length !== 1 || answer[0]?.[0] !== '!done') throw new Error(`login refused: ${answer}`)
  return client
}

/** The rows of an answer as objects. */
export function rows(answer: string[][]): Record<string, string>[] {
  return answer
    .filter(([reply]) => reply === '!re')
    .map(([, ...words]) => Object.fromEntries(words.map((word) => word.slice(1).split(/=(.*)/s).slice(0, 2))))
}

export function sentenceBytes(words: string[]): Buffer {
  return Buffer.concat([...words.map(wordBytes), Buffer.of(0)])
}

function wordBytes(word: string): Buffer {
  const value = Buffer.from(word, 'utf8')
  const n = value.length
  let prefix: number[]
  if (n < 128) prefix = [n]
  else if (n < 16384) prefix = [128 + Math.floor(n / 256), n % 256]
  else prefix = [192 + Math.floor(n / 65536), Math.floor(n / 256) % 256, n % 256]
  return Buffer.concat([Buffer.from(prefix), value])
}

function readLength(bytes: Buffer): [length: number, prefix: number] {
  const [a, b, c] = bytes
  if (a === undefined) return [0, 0]
  if (a < 128) return [a, 1]
  if (b === undefined) return [0, 0]
  if (a < 192) return [(a - 128) * 256 + b, 2]
  if (c === undefined) return [0, 0]
  return [(a - 192) * 65536 + b * 256 + c, 3]
}
