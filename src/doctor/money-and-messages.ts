import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { exchange } from '../http-exchange.ts'
import { AccessToken } from '../mpesa/access-token.ts'
import { type Finding, findingsAbout } from './finding.ts'

const ANSWER_MS = 15_000
const uplink = 'Check the line to the Internet and the name server of this box.'

/** Whether M-PESA takes our key, and can reach us. */
export async function lookAtMpesa({ mpesa }: Config, clock: Clock): Promise<Finding[]> {
  const about = findingsAbout('M-PESA')
  const { base_url, consumer_key: consumerKey, consumer_secret: consumerSecret, callback_base_url } = mpesa
  if (consumerKey === undefined || consumerSecret === undefined) {
    return [about.leftOut('It is not configured; the portal sells by voucher.')]
  }
  const token = new AccessToken({ baseUrl: base_url.replace(/\/+$/, ''), consumerKey, consumerSecret }, clock)
  const answer = await token.get(AbortSignal.timeout(ANSWER_MS))
  const host = new URL(base_url).hostname
  const isReal = base_url.startsWith('https:')
  const findings: Finding[] = []
  if (answer.outcome === 'token') findings.push(about.well(`${host} takes our key.`))
  else if (answer.outcome === 'refused')
    findings.push(about.wrong(`${host} does not take our key.`, 'Check [mpesa] consumer_key and consumer_secret.'))
  else findings.push(about.wrong(`${host} cannot be asked: ${answer.detail}`, uplink))
  if (isReal && callback_base_url?.startsWith('http:')) {
    findings.push(
      about.wrong('M-PESA calls back by https only.', 'Put a public https address into [mpesa] callback_base_url.'),
    )
  }
  return findings
}

/** Whether the SMS gateway knows us. */
export async function lookAtSms({ sms }: Config): Promise<Finding[]> {
  const about = findingsAbout('SMS')
  if (sms.provider === 'none' || sms.username === undefined || sms.api_key === undefined) {
    return [about.leftOut('No gateway is configured; codes are shown in the portal only.')]
  }
  if (sms.provider !== 'africastalking') {
    return [about.leftOut(`A gateway of kind ${sms.provider} has no way to be asked without sending a message.`)]
  }
  const base = sms.base_url ?? 'https://api.africastalking.com'
  const host = new URL(base).hostname
  const url = `${base.replace(/\/+$/, '')}/version1/user?${new URLSearchParams({ username: sms.username })}`
  const headers = { apiKey: sms.api_key, Accept: 'application/json' }
  const answer = await exchange({ method: 'GET', url, headers, timeoutMs: ANSWER_MS }, AbortSignal.timeout(ANSWER_MS))
  if (answer.outcome !== 'reply') return [about.wrong(`${host} cannot be asked: ${answer.detail}`, uplink)]
  if (answer.status === 401 || answer.status === 403) {
    return [about.wrong(`${host} does not take our key.`, 'Check [sms] username and api_key.')]
  }
  if (answer.status >= 500) return [about.wrong(`${host} answers HTTP ${answer.status}.`, 'Try again later.')]
  const balance = /"balance"\s*:\s*"([^"]{1,40})"/.exec(answer.text)?.[1]
  return [about.well(`${host} answers${balance === undefined ? '.' : `; the balance is ${balance}.`}`)]
}
