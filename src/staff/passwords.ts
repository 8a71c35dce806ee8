import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** N, r, p of scrypt: about 30 ms and 16 MiB a try. */
const COST = { N: 16384, r: 8, p: 1 } as const

/** The same letters are the same password, however a keyboard composes them. */
const derive = (password: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, 32, COST, (error, key) => (error ? reject(error) : resolve(key))),
  )

/** `scrypt$<salt>$<key>`, both base64url. Off the event loop. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt)
  return `scrypt$${salt.toString('base64url')}$${key.toString('base64url')}`
}

/** As slow for an unknown user as for a known one: give it `undefined`. */
export async function passwordMatches(password: string, hash: string | undefined): Promise<boolean> {
  const [, salt = '', key = ''] = (hash ?? 'scrypt$AAAAAAAAAAAAAAAAAAAAAA$').split('$')
  const expected = Buffer.from(key, 'base64url')
  const actual = await derive(password, Buffer.from(salt, 'base64url'))
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}
