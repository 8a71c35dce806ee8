import type { CustomerErrorCode } from '../../../portal/customer/texts.ts'

/** What RouterOS writes, and what our own RADIUS answers in English and Swahili, as far as a customer can do something. */
const REFUSALS: readonly [words: RegExp, code: CustomerErrorCode][] = [
  [/no more sessions|in use on another|unatumika kwenye kifaa/i, 'device-limit'],
  [/uptime limit|your time is up|muda wako umeisha/i, 'code-expired'],
  [/traffic limit|data is used up|data yako imeisha/i, 'code-used'],
  [/not responding|timed? ?out/i, 'login-failed'],
  [/invalid (user|password)|wrong code|msimbo si sahihi/i, 'code-unknown'],
]

/**
 * Why the router has not let the device in, by the words that came along in the link. Anybody can write a link, so the
 * words themselves are never shown; what is not known here is not told, for a device that nobody asked for is refused too.
 */
export function loginRefusal(words = ''): CustomerErrorCode | undefined {
  return REFUSALS.find(([known]) => known.test(words.slice(0, 200)))?.[1]
}
