import { gsm7Length, toGsm7 } from './gsm-7.ts'

export interface Credentials {
  siteName: string
  username: string
  password: string
  expiresAtMs: number
  timeZone: string
}

const PLACES = 160
/** One message holds so many UTF-16 units when it needs a wider alphabet. */
const WIDE_PLACES = 70

/**
 * The credentials as one SMS of one segment, whatever they hold: the site's name is bent and cut to fit, the credentials
 * never are. Should they not fit at all, the message says where they stand.
 */
export function credentialsText(credentials: Credentials): string {
  const { siteName, username, password, expiresAtMs, timeZone } = credentials
  const login = username === password ? `code ${username}` : `user ${username} password ${password}`
  const message = `WiFi ${login} until ${localTime(expiresAtMs, timeZone)}`
  const places = gsm7Length(message)
  if (places !== undefined && places <= PLACES) return signed(siteName, message, PLACES - places)

  const shortest = username === password ? `WiFi ${username}` : `WiFi ${username} ${password}`
  const fits = (gsm7Length(shortest) ?? Number.POSITIVE_INFINITY) <= PLACES || shortest.length <= WIDE_PLACES
  return fits ? shortest : 'Your WiFi user name and password are on the WiFi page.'
}

/** `Cafe Amani: ...` with as much of the name as `room` allows. */
export function signed(siteName: string, message: string, room: number): string {
  const name = toGsm7(siteName).replace(/\s+/g, ' ').trim()
  let cut = ''
  for (const character of name) {
    if ((gsm7Length(`${cut}${character}: `) ?? 0) > room) break
    cut += character
  }
  const signature = cut.trim()
  return signature === '' ? message : `${signature}: ${message}`
}

/** `Tue 24 Nov 14:05` */
export function localTime(timeMs: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(timeMs)
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? ''
  return `${part('weekday')} ${part('day')} ${part('month')} ${part('hour')}:${part('minute')}`
}
