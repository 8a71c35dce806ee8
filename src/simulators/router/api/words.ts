/** The RouterOS API on the wire: a word is length and bytes, a sentence ends with a word of length zero. Text is UTF-8. */

const END_OF_SENTENCE = Buffer.of(0)

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  if (length < 0x4000) return Buffer.of(0x80 | (length >> 8), length & 0xff)
  if (length < 0x20_0000) return Buffer.of(0xc0 | (length >> 16), (length >> 8) & 0xff, length & 0xff)
  const bytes = Buffer.alloc(5, 0xf0)
  bytes.writeUInt32BE(length, 1)
  if (length >= 0x1000_0000) return bytes
  bytes.writeUInt32BE((length | 0xe000_0000) >>> 0, 1)
  return bytes.subarray(1)
}

/** Bytes of the length itself, by its first byte; undefined for the reserved ones (0xF8 and above). */
function lengthSize(first: number): number | undefined {
  if (first < 0x80) return 1
  if (first < 0xc0) return 2
  if (first < 0xe0) return 3
  if (first < 0xf0) return 4
  return first < 0xf8 ? 5 : undefined
}

function decodeLength(bytes: Buffer): number {
  const first = bytes.readUInt8(0)
  if (bytes.length === 1) return first
  if (bytes.length === 2) return bytes.readUInt16BE(0) & 0x3fff
  if (bytes.length === 3) return bytes.readUIntBE(0, 3) & 0x1f_ffff
  if (bytes.length === 4) return bytes.readUInt32BE(0) & 0x0fff_ffff
  return bytes.readUInt32BE(1)
}

export function encodeSentence(words: readonly string[]): Buffer {
  const parts = words.flatMap((word) => {
    const bytes = Buffer.from(word, 'utf8')
    return [encodeLength(bytes.length), bytes]
  })
  return Buffer.concat([...parts, END_OF_SENTENCE])
}

/** Collects bytes in pieces of any size and gives out whole sentences; empty ones are skipped. */
export class SentenceReader {
  #unread: Buffer = Buffer.alloc(0)
  #words: string[] = []

  /** Throws RangeError when the peer does not speak the protocol: the connection is then of no more use. */
  read(chunk: Buffer): string[][] {
    this.#unread = Buffer.concat([this.#unread, chunk])
    const sentences: string[][] = []
    for (let word = this.#nextWord(); word !== undefined; word = this.#nextWord()) {
      if (word !== '') {
        this.#words.push(word)
      } else if (this.#words.length > 0) {
        sentences.push(this.#words)
        this.#words = []
      }
    }
    return sentences
  }

  #nextWord(): string | undefined {
    const first = this.#unread[0]
    if (first === undefined) return undefined
    const prefix = lengthSize(first)
    if (prefix === undefined) throw new RangeError('reserved length byte')
    if (this.#unread.length < prefix) return undefined
    const end = prefix + decodeLength(this.#unread.subarray(0, prefix))
    if (this.#unread.length < end) return undefined
    const word = this.#unread.toString('utf8', prefix, end)
    this.#unread = this.#unread.subarray(end)
    return word
  }
}
