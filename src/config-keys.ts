import { isIP } from 'node:net'
import * as z from 'zod'
import { LANGUAGES } from './languages.ts'

/** One setting: what it accepts, and the words an operator reads when a value does not fit. */
const setting = <T extends z.ZodType>(schema: T, allowed: string, secret = false) => schema.meta({ allowed, secret })

const text = () => setting(z.string().min(1), 'text that is not empty')
const secret = () => setting(z.string().min(1), 'text that is not empty', true)
const url = (schemes: string[]) =>
  setting(
    z.string().refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1))),
    `an address that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  )
const wholeNumber = (min: number, max: number) =>
  setting(
    z.union([
      z.int().min(min).max(max),
      z
        .string()
        .regex(/^\d{1,9}$/)
        .transform(Number)
        .pipe(z.int().min(min).max(max)),
    ]),
    `a whole number from ${min} to ${max}`,
  )
/** 0 lets the system choose a free one. */
const port = () => wholeNumber(0, 65535)
const yesNo = () =>
  setting(z.union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')]), 'true or false')
/** In the environment: items with commas between them. */
const listOf = <Item extends z.ZodType>(item: Item, allowed: string, min = 0) =>
  setting(
    z.preprocess(
      (value) => (typeof value === 'string' ? value.split(',').flatMap((text) => text.trim() || []) : value),
      z.array(item).min(min),
    ),
    allowed,
  )
const addresses = () => listOf(z.string().refine(isIP), 'a list of IP addresses')
const choice = <const T extends readonly [string, ...string[]]>(...values: T) =>
  setting(z.enum(values), `one of ${values.join(', ')}`)

const timeZone = () =>
  setting(
    z.string().refine((value) => {
      try {
        return Boolean(new Intl.DateTimeFormat('en', { timeZone: value }))
      } catch {
        return false
      }
    }),
    'a time zone such as Africa/Nairobi',
  )

const smsGateway = () =>
  z.strictObject({
    provider: choice('none', 'africastalking', 'twilio', 'http', 'router').default('none'),
    base_url: url(['https', 'http']).optional(),
    username: text().optional(),
    api_key: secret().optional(),
    sender_id: text().optional(),
    // Of provider "router" alone: the router's name, and the port of its modem.
    router: text().optional(),
    modem_port: text().optional(),
    // Of provider "http" alone.
    headers: listOf(z.string().regex(/^[\w-]+: /), 'a list of headers, each "Name: value"').optional(),
    body: text().optional(),
    success: text().optional(),
    message_id: text().optional(),
  })

/** What can be set, by section, and the default of each. */
export const sections = {
  site: z.strictObject({
    // It is part of every MQTT topic.
    id: setting(z.string().regex(/^[\w.-]{1,64}$/), '1 to 64 letters, digits, dots, dashes and underscores').optional(),
    name: text().default('Mlango'),
    timezone: timeZone().default('Africa/Nairobi'),
    currency: setting(z.string().regex(/^[A-Z]{3}$/), 'a currency code such as KES').default('KES'),
    languages: listOf(z.enum(LANGUAGES), `a list of ${LANGUAGES.join(', ')}`, 1).default(LANGUAGES),
    portal_url: url(['http', 'https']).optional(),
    support_phone: text().optional(),
    color: setting(z.string().regex(/^#[0-9a-f]{6}$/i), 'a colour such as #0b6a48').optional(),
    logo: text().optional(),
    voucher_key: setting(
      z.string().regex(/^[\w-]{43}$/),
      'the public key that `mlango voucher keygen` prints',
    ).optional(),
  }),
  storage: z.strictObject({ data_dir: text().default('/var/lib/mlango') }),
  http: z.strictObject({
    host: text().default('0.0.0.0'),
    port: port().default(8080),
    tls_cert: text().optional(),
    tls_key: text().optional(),
    trusted_proxies: addresses().default([]),
    max_streams: wholeNumber(0, 20_000).default(1_000),
  }),
  radius: z.strictObject({
    host: text().default('0.0.0.0'),
    auth_port: port().default(1812),
    acct_port: port().default(1813),
    require_message_authenticator: choice('auto', 'yes', 'no').default('auto'),
    interim_interval: wholeNumber(60, 86400).default(300),
    input_octets: choice('upload', 'download').default('upload'),
    mac_auth_password: secret().optional(),
    radsec_port: port().default(2083),
    radsec_cert: text().optional(),
    radsec_key: text().optional(),
    radsec_ca: text().optional(),
  }),
  admin: z.strictObject({
    token: setting(z.string().min(16), 'at least 16 characters', true).optional(),
    username: text().optional(),
    password: setting(z.string().min(12), 'at least 12 characters', true).optional(),
  }),
  mpesa: z.strictObject({
    base_url: url(['https', 'http']).default('https://api.safaricom.co.ke'),
    consumer_key: text().optional(),
    consumer_secret: secret().optional(),
    shortcode: setting(z.string().regex(/^\d{5,7}$/), '5 to 7 digits in quotes').optional(),
    passkey: secret().optional(),
    type: choice('paybill', 'till').default('paybill'),
    till: setting(z.string().regex(/^\d{5,7}$/), '5 to 7 digits in quotes').optional(),
    callback_base_url: url(['https', 'http']).optional(),
    callback_ip_allow: addresses().default([]),
    query_interval_ms: wholeNumber(100, 600_000).default(12_000),
    pull: yesNo().default(false),
    pull_number: setting(
      z.string().regex(/^254[17]\d{8}$/),
      'a phone number such as 254712345678, in quotes',
    ).optional(),
    refund_approval_above_cents: wholeNumber(0, 25_000_000).default(50_000),
  }),
  sms: smsGateway(),
  sms_fallback: smsGateway(),
  cloud: z.strictObject({
    url: url(['mqtt', 'mqtts']).optional(),
    username: text().optional(),
    password: secret().optional(),
    ca: text().optional(),
    cert: text().optional(),
    key: text().optional(),
    ack: choice('broker', 'end-to-end').default('broker'),
    max_backlog_mb: wholeNumber(1, 1_000_000).default(1_024),
    relay_key: setting(z.string().min(32), 'at least 32 characters', true).optional(),
  }),
  outages: z.strictObject({
    credit: yesNo().default(false),
    threshold_minutes: wholeNumber(1, 1440).default(10),
    most_minutes: wholeNumber(1, 10_080).default(240),
  }),
  queue: z.strictObject({
    hotspot_workers: wholeNumber(1, 50).default(3),
    payments_workers: wholeNumber(1, 50).default(2),
    general_workers: wholeNumber(1, 50).default(2),
  }),
  provisional: z.strictObject({
    enabled: yesNo().default(false),
    minutes: wholeNumber(3, 60).default(10),
    rate_limit: setting(
      z.string().regex(/^\d{1,6}[kM](\/\d{1,6}[kM])?$/),
      'a speed such as 512k, or upload/download such as 256k/1M',
    ).default('512k'),
    site_limit_cents: wholeNumber(0, 100_000_000).default(50_000),
  }),
  log: z.strictObject({ level: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal').default('info') }),
}
