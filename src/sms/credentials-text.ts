import { gsm7Length } from './gsm-7.ts'
import { timeInText, type Writing, writeText } from './write-text.ts'

export interface Credentials {
  username: string
  password: string
  expiresAtMs: number
}

const PLACES = 160
/** One message holds so many UTF-16 units when it needs a wider alphabet. */
const WIDE_PLACES = 70

/**
 * The credentials as one SMS: the site's name is bent and cut to fit, the credentials never are. Should they not fit at all, the
 * message says where they stand.
 */
export function credentialsText(writing: Writing, { username, password, expiresAtMs }: Credentials): string {
  const until = timeInText(expiresAtMs, writing)
  const isCode = username === password
  const written = isCode
    ? writeText(writing, 'code', { code: username, until })
    : writeText(writing, 'credentials', { user: username, password, until })
  if (written !== undefined) return written

  const shortest = isCode ? `WiFi ${username}` : `WiFi ${username} ${password}`
  if ((gsm7Length(shortest) ?? Number.POSITIVE_INFINITY) <= PLACES || shortest.length <= WIDE_PLACES) return shortest
  return 'Your WiFi user name and password are on the WiFi page.'
}
