/** MD4 (RFC 1320). Node's OpenSSL no longer has it, and MS-CHAPv2 begins with it. Broken for anything else. */
export function md4(message: Buffer): Buffer {
  const words = padded(message)
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  for (let at = 0; at < words.length; at += 16) mix(state, words.subarray(at, at + 16))
  const digest = Buffer.alloc(16)
  for (const [i, word] of state.entries()) digest.writeUInt32LE(word, i * 4)
  return digest
}

interface Round {
  combine(x: number, y: number, z: number): number
  constant: number
  shifts: readonly number[]
  /** Which word of the block each step takes. */
  order: readonly number[]
}

const ROUNDS: readonly Round[] = [
  {
    combine: (x, y, z) => (x & y) | (~x & z),
    constant: 0,
    shifts: [3, 7, 11, 19],
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  },
  {
    combine: (x, y, z) => (x & y) | (x & z) | (y & z),
    constant: 0x5a827999,
    shifts: [3, 5, 9, 13],
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
  },
  {
    combine: (x, y, z) => x ^ y ^ z,
    constant: 0x6ed9eba1,
    shifts: [3, 9, 11, 15],
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
  },
]

function mix(state: Uint32Array, block: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state
  for (const { combine, constant, shifts, order } of ROUNDS) {
    for (const [step, word] of order.entries()) {
      const sum = (a + combine(b, c, d) + (block[word] ?? 0) + constant) >>> 0
      const shift = shifts[step % 4] ?? 0
      const turned = ((sum << shift) | (sum >>> (32 - shift))) >>> 0
      ;[a, b, c, d] = [d, turned, b, c]
    }
  }
  for (const [i, value] of [a, b, c, d].entries()) state[i] = (state[i] ?? 0) + value
}

/** One 1 bit, zeros, and the length in bits, in whole blocks of 16 words. */
function padded(message: Buffer): Uint32Array {
  const bytes = Buffer.alloc(Math.ceil((message.length + 9) / 64) * 64)
  message.copy(bytes)
  bytes.writeUInt8(0x80, message.length)
  bytes.writeBigUInt64LE(BigInt(message.length) * 8n, bytes.length - 8)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4))
}
