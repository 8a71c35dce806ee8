import { readFileSync } from 'node:fs'
import { parse } from 'smol-toml'
import { z } from 'zod'
import { asError, MlangoError } from './errors.ts'

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
const list = () =>
  setting(
    z.union([
      z.array(z.string()),
      z.string().transform((value) =>
        value
          .split(',')
          .map((item) => item.trim())
          .filter(Boolean),
      ),
    ]),
    'a list of texts',
  )
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

const sections = {
  site: z.strictObject({
    id: text().optional(),
    name: text().default('Mlango'),
    timezone: timeZone().default('Africa/Nairobi'),
    currency: setting(z.string().regex(/^[A-Z]{3}$/), 'a currency code such as KES').default('KES'),
    languages: list().default(['en', 'sw']),
    portal_url: url(['http', 'https']).optional(),
    support_phone: text().optional(),
  }),
  storage: z.strictObject({ data_dir: text().default('/var/lib/mlango') }),
  http: z.strictObject({
    host: text().default('0.0.0.0'),
    port: port().default(8080),
    tls_cert: text().optional(),
    tls_key: text().optional(),
    trusted_proxies: list().default([]),
  }),
  radius: z.strictObject({
    host: text().default('0.0.0.0'),
    auth_port: port().default(1812),
    acct_port: port().default(1813),
    require_message_authenticator: choice('auto', 'yes', 'no').default('auto'),
    interim_interval: wholeNumber(60, 86400).default(300),
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
    callback_ip_allow: list().default([]),
    query_interval_ms: wholeNumber(100, 600_000).default(12_000),
    pull: yesNo().default(false),
  }),
  sms: z.strictObject({
    provider: choice('none', 'africastalking').default('none'),
    base_url: url(['https', 'http']).default('https://api.africastalking.com'),
    username: text().optional(),
    api_key: secret().optional(),
    sender_id: text().optional(),
  }),
  cloud: z.strictObject({
    url: url(['mqtt', 'mqtts']).optional(),
    username: text().optional(),
    password: secret().optional(),
    ca: text().optional(),
    cert: text().optional(),
    key: text().optional(),
    ack: choice('broker', 'end-to-end').default('broker'),
  }),
  queue: z.strictObject({
    hotspot_workers: wholeNumber(1, 50).default(3),
    payments_workers: wholeNumber(1, 50).default(2),
    general_workers: wholeNumber(1, 50).default(2),
  }),
  log: z.strictObject({ level: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal').default('info') }),
}

export type Config = { [Name in keyof typeof sections]: z.infer<(typeof sections)[Name]> }
type SectionName = keyof typeof sections

/** Where an operator keeps the file unless told otherwise. */
export const USUAL_CONFIG_FILE = '/etc/mlango/mlango.toml'

/**
 * Reads the TOML file (`undefined`: none) and lays the environment over it: `[radius] auth_port` is `MLANGO_RADIUS_AUTH_PORT`,
 * and `MLANGO_RADIUS_AUTH_PORT_FILE` names a file that holds the value.
 * Throws one MlangoError `config-invalid` that names the key, the value (never a secret) and what is allowed.
 */
export function loadConfig(file: string | undefined, environment: NodeJS.ProcessEnv): Config {
  const raw = file === undefined ? {} : readToml(file)
  for (const name of Object.keys(raw)) {
    if (!(name in sections)) throw unknownName(`section [${name}]`, name, Object.keys(sections))
  }
  const config = Object.fromEntries(
    (Object.keys(sections) as SectionName[]).map((name) => [name, readSection(name, raw[name] ?? {}, environment)]),
  ) as Config
  refuseUnknownEnvironment(environment)
  requireTogether(config)
  return config
}

/** The same, with every secret replaced, for `mlango config print`. */
export function withoutSecrets(config: Config): Config {
  const entries = Object.entries(config).map(([name, values]) => [
    name,
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        value !== undefined && isSecret(name as SectionName, key) ? '[secret]' : value,
      ]),
    ),
  ])
  return Object.fromEntries(entries) as Config
}

function readToml(file: string): Record<string, unknown> {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (thrown) {
    const reason = asError(thrown).message.split('\n')[0]
    throw new MlangoError('config-invalid', `The configuration file ${file} cannot be read: ${reason}`, {
      cause: thrown,
    })
  }
}

function readSection(name: SectionName, raw: unknown, environment: NodeJS.ProcessEnv): unknown {
  if (typeof raw !== 'object' || raw === null) throw invalid(`[${name}] is not a section with keys in it`)
  const shape = sections[name].shape as Record<string, z.ZodType>
  const values: Record<string, unknown> = { ...raw }
  for (const key of Object.keys(values)) {
    if (!(key in shape)) throw unknownName(`key [${name}] ${key}`, key, Object.keys(shape))
  }
  for (const key of Object.keys(shape)) {
    const value = fromEnvironment(environmentName(name, key), environment)
    if (value !== undefined) values[key] = value
  }
  const parsed = sections[name].safeParse(values)
  if (parsed.success) return parsed.data
  const key = String(parsed.error.issues[0]?.path[0])
  const shown = isSecret(name, key) ? 'not shown' : JSON.stringify(values[key])
  throw invalid(`[${name}] ${key} is ${shown}; allowed is ${metaOf(name, key).allowed}`)
}

function fromEnvironment(variable: string, environment: NodeJS.ProcessEnv): string | undefined {
  const file = environment[`${variable}_FILE`]
  if (environment[variable] !== undefined || file === undefined) return environment[variable]
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch (cause) {
    throw new MlangoError('config-invalid', `${variable}_FILE names ${file}, which cannot be read`, { cause })
  }
}

/** A typing mistake in a variable's name must not pass as "not set". */
function refuseUnknownEnvironment(environment: NodeJS.ProcessEnv): void {
  const known = (Object.keys(sections) as SectionName[]).flatMap((name) =>
    Object.keys(sections[name].shape).map((key) => environmentName(name, key)),
  )
  const ours = Object.keys(environment).filter((variable) =>
    (Object.keys(sections) as SectionName[]).some((name) => variable.startsWith(`MLANGO_${name.toUpperCase()}_`)),
  )
  for (const variable of ours) {
    if (!known.includes(variable.replace(/_FILE$/, '')) && !known.includes(variable)) {
      throw unknownName(`environment variable ${variable}`, variable, known)
    }
  }
}

/** What only makes sense together. */
function requireTogether({ mpesa, sms, http, admin }: Config): void {
  if (mpesa.consumer_key !== undefined) {
    for (const key of ['consumer_secret', 'shortcode', 'passkey', 'callback_base_url'] as const) {
      if (mpesa[key] === undefined) throw invalid(`[mpesa] ${key} is missing; it is needed with consumer_key`)
    }
    if (mpesa.type === 'till' && mpesa.till === undefined)
      throw invalid('[mpesa] till is missing; it is needed with type = "till"')
  }
  if (sms.provider === 'africastalking') {
    for (const key of ['username', 'api_key'] as const) {
      if (sms[key] === undefined)
        throw invalid(`[sms] ${key} is missing; it is needed with provider = "africastalking"`)
    }
  }
  if ((http.tls_cert === undefined) !== (http.tls_key === undefined)) {
    throw invalid('[http] tls_cert and tls_key go together; one of them is missing')
  }
  if ((admin.username === undefined) !== (admin.password === undefined)) {
    throw invalid('[admin] username and password go together; one of them is missing')
  }
}

const environmentName = (section: string, key: string) => `MLANGO_${section}_${key}`.toUpperCase()

function metaOf(section: SectionName, key: string): { allowed: string; secret: boolean } {
  let schema = (sections[section].shape as Record<string, z.ZodType>)[key]
  while (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) schema = schema.unwrap() as z.ZodType
  return schema?.meta() as { allowed: string; secret: boolean }
}

const isSecret = (section: SectionName, key: string) => metaOf(section, key).secret

const invalid = (sentence: string) => new MlangoError('config-invalid', `Configuration: ${sentence}.`)

function unknownName(what: string, name: string, known: string[]): MlangoError {
  const nearest = known.toSorted((a, b) => distance(name, a) - distance(name, b))[0] ?? ''
  return invalid(`unknown ${what}; the nearest known name is ${nearest}`)
}

/** Levenshtein distance, for "did you mean". */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
