/**
 * The RouterOS API on the wire: a word is its length and its bytes (UTF-8), a sentence is words and then one of length
 * zero. MikroTik's manual calls these "API word" and "API sentence".
 */

/** No router says so much in one word; such a length means that we have lost our place. */
const LONGEST_WORD_BYTES = 16 * 1024 * 1024

export function encodeSentence(words: readonly string[]): Buffer {
  return Buffer.concat([...words.flatMap(encodeWord), Buffer.of(0)])
}

/** The length counts bytes, not characters. */
function encodeWord(word: string): [length: Buffer, bytes: Buffer] {
  const bytes = Buffer.from(word, 'utf8')
  return [encodeLength(bytes.length), bytes]
}

/** Most significant byte first; the leading bits of the first byte say how many bytes there are. */
function encodeLength(length: number): Buffer {
  const size = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : length < 0x1000_0000 ? 4 : 5
  const marks = [0x00, 0x80, 0xc0, 0xe0, 0xf0]
  const encoded = Buffer.alloc(size)
  if (size === 5) encoded.writeUInt32BE(length, 1)
  else encoded.writeUIntBE(length, 0, size)
  encoded[0] = (encoded[0] ?? 0) | (marks[size - 1] ?? 0)
  return encoded
}

/** Puts sentences together from pieces of any size: TCP may split anywhere, also within a length. */
export class SentenceReader {
  #unread: Buffer = Buffer.alloc(0)
  #words: string[] = []

  /** The sentences that are whole now; empty ones mean nothing. Throws RangeError when this cannot be the API protocol. */
  read(chunk: Buffer): string[][] {
    let bytes = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk])
    const sentences: string[][] = []
    for (let span = nextWord(bytes); span; span = nextWord(bytes)) {
      if (span.end > span.start) {
        this.#words.push(bytes.toString('utf8', span.start, span.end))
      } else if (this.#words.length > 0) {
        sentences.push(this.#words)
        this.#words = []
      }
      bytes = bytes.subarray(span.end)
    }
    this.#unread = bytes
    return sentences
  }
}

/** Where the first word lies; undefined until all of it is there. */
function nextWord(bytes: Buffer): { start: number; end: number } | undefined {
  const first = bytes[0]
  if (first === undefined) return undefined
  if (first >= 0xf8) throw new RangeError(`the router sent 0x${first.toString(16)} where a length was due`)
  const size = first < 0x80 ? 1 : first < 0xc0 ? 2 : first < 0xe0 ? 3 : first < 0xf0 ? 4 : 5
  if (bytes.length < size) return undefined
  const masks = [0x7f, 0x3fff, 0x1f_ffff, 0x0fff_ffff]
  const length = size === 5 ? bytes.readUInt32BE(1) : bytes.readUIntBE(0, size) & (masks[size - 1] ?? 0)
  if (length > LONGEST_WORD_BYTES) throw new RangeError(`the router announced a word of ${length} bytes`)
  const end = size + length
  return bytes.length < end ? undefined : { start: size, end }
}
