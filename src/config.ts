import { readFileSync } from 'node:fs'
import { parse, TomlError } from 'smol-toml'
import * as z from 'zod'
import { sections } from './config-keys.ts'
import { MlangoError } from './errors.ts'
import { fileFault } from './file-fault.ts'

export type Config = { [Name in keyof typeof sections]: z.infer<(typeof sections)[Name]> }
export type SmsSettings = Config['sms']
type SectionName = keyof typeof sections
const sectionNames = Object.keys(sections) as SectionName[]

/** So many letters wrong are a typing mistake. */
const LIKE = 3

/** Where an operator keeps the file unless told otherwise. */
export const USUAL_CONFIG_FILE = '/etc/mlango/mlango.toml'

/**
 * Reads the TOML file (`undefined`: none) and lays the environment over it: `[radius] auth_port` is `MLANGO_RADIUS_AUTH_PORT`,
 * and `MLANGO_RADIUS_AUTH_PORT_FILE` names a file that holds the value.
 * Throws one MlangoError `config-invalid` that names the key, the value (never a secret) and what is allowed.
 */
export function loadConfig(file: string | undefined, environment: NodeJS.ProcessEnv): Config {
  return openConfigSource(file, environment).read({})
}

/** Where the configuration comes from, for those who also have what is stored. */
export interface ConfigSource {
  /** File and environment, with `stored` (by section and key) beneath them: it holds where they say nothing. */
  read(stored: Record<string, Record<string, unknown>>): Config
  /** Where the data lies. What is there must be right, but nothing is missing: only the service may be told its secrets. */
  dataDir(): string
  /** File or environment say it, so that nothing stored counts. */
  isFixed(section: string, key: string): boolean
}

export function openConfigSource(file: string | undefined, environment: NodeJS.ProcessEnv): ConfigSource {
  const raw = file === undefined ? {} : readToml(file)
  return {
    read: (stored) => readConfig(raw, environment, stored),
    dataDir: () => readSections(raw, environment, {}).storage.data_dir,
    isFixed(section, key) {
      const variable = environmentName(section, key)
      const inFile = (raw[section] as Record<string, unknown> | undefined)?.[key] !== undefined
      return inFile || environment[variable] !== undefined || environment[`${variable}_FILE`] !== undefined
    },
  }
}

function readConfig(...from: Parameters<typeof readSections>): Config {
  const config = readSections(...from)
  requireTogether(config)
  return config
}

function readSections(
  raw: Record<string, unknown>,
  environment: NodeJS.ProcessEnv,
  stored: Record<string, Record<string, unknown>>,
): Config {
  for (const [name, value] of Object.entries(raw)) {
    if (typeof value !== 'object' && !Object.hasOwn(sections, name)) throw outsideSections(name)
    if (!Object.hasOwn(sections, name)) throw unknownName(`section [${name}]`, name, Object.keys(sections))
  }
  const config = Object.fromEntries(
    sectionNames.map((name) => [name, readSection(name, raw[name] ?? {}, environment, stored[name] ?? {})]),
  ) as Config
  refuseUnknownEnvironment(environment)
  return config
}

/** The same, with every secret replaced, for `mlango config print`. */
export function withoutSecrets(config: Config): Config {
  const entries = Object.entries(config).map(([name, values]) => [
    name,
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        value !== undefined && isSecret(name as SectionName, key) ? '[secret]' : withoutPassword(value),
      ]),
    ),
  ])
  return Object.fromEntries(entries) as Config
}

function readToml(file: string): Record<string, unknown> {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (thrown) {
    const line = thrown instanceof TomlError ? `line ${thrown.line}: ` : ''
    throw new MlangoError(
      'config-invalid',
      `The configuration file ${file} cannot be read: ${line}${fileFault(thrown)}`,
      {
        cause: thrown,
      },
    )
  }
}

function readSection(
  name: SectionName,
  raw: unknown,
  environment: NodeJS.ProcessEnv,
  stored: Record<string, unknown>,
): unknown {
  if (typeof raw !== 'object' || raw === null) throw invalid(`[${name}] is not a section with keys in it`)
  const shape = sections[name].shape as Record<string, z.ZodType>
  const values: Record<string, unknown> = { ...raw }
  for (const key of Object.keys(values)) {
    if (!Object.hasOwn(shape, key)) throw unknownName(`key [${name}] ${key}`, key, Object.keys(shape))
  }
  for (const key of Object.keys(shape)) {
    const value = fromEnvironment(environmentName(name, key), environment)
    if (value !== undefined) values[key] = value
    // Another release may have stored what this one does not know; only known keys are looked up.
    else if (values[key] === undefined && stored[key] !== undefined) values[key] = stored[key]
  }
  const parsed = sections[name].safeParse(values)
  if (parsed.success) return parsed.data
  const key = String(parsed.error.issues[0]?.path[0])
  const shown = isSecret(name, key) ? 'not shown' : JSON.stringify(withoutPassword(values[key]))
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

/** A typing mistake in a variable's name must not pass as "not set". Names unlike any of ours belong to somebody else. */
function refuseUnknownEnvironment(environment: NodeJS.ProcessEnv): void {
  const known = sectionNames.flatMap((name) =>
    Object.keys(sections[name].shape).map((key) => environmentName(name, key)),
  )
  const isOurs = (variable: string) => sectionNames.some((name) => variable.startsWith(environmentName(name, '')))
  for (const variable of Object.keys(environment).filter((name) => name.startsWith('MLANGO_'))) {
    const name = variable.replace(/_FILE$/, '')
    if (known.includes(name)) continue
    if (isOurs(variable) || distance(name, nearestOf(name, known)) <= LIKE) {
      throw unknownName(`environment variable ${variable}`, name, known)
    }
  }
}

const SMS_NEEDS: Record<SmsSettings['provider'], (keyof SmsSettings)[]> = {
  none: [],
  africastalking: ['username', 'api_key'],
  twilio: ['username', 'api_key', 'sender_id'],
  http: ['base_url', 'success'],
  router: ['router'],
}

/** What only makes sense together. */
function requireTogether({ mpesa, sms, sms_fallback, http, admin, cloud, radius }: Config): void {
  const account = ['consumer_key', 'consumer_secret', 'shortcode', 'passkey'] as const
  const given = account.find((key) => mpesa[key] !== undefined)
  if (given !== undefined) {
    for (const key of [...account, 'callback_base_url'] as const) {
      if (mpesa[key] === undefined) throw invalid(`[mpesa] ${key} is missing; it is needed with ${given}`)
    }
    if (mpesa.type === 'till' && mpesa.till === undefined)
      throw invalid('[mpesa] till is missing; it is needed with type = "till"')
  }
  for (const [section, gateway] of Object.entries({ sms, sms_fallback })) {
    for (const key of SMS_NEEDS[gateway.provider]) {
      if (gateway[key] === undefined)
        throw invalid(`[${section}] ${key} is missing; it is needed with provider = "${gateway.provider}"`)
    }
  }
  pair('http', http, 'tls_cert', 'tls_key')
  pair('radius', radius, 'radsec_cert', 'radsec_key')
  pair('radius', radius, 'radsec_cert', 'radsec_ca')
  pair('admin', admin, 'username', 'password')
  pair('cloud', cloud, 'cert', 'key')
}

function pair<Values extends object>(section: string, values: Values, one: keyof Values, other: keyof Values): void {
  if ((values[one] === undefined) === (values[other] === undefined)) return
  throw invalid(`[${section}] ${String(one)} and ${String(other)} go together; one of them is missing`)
}

const environmentName = (section: string, key: string) => `MLANGO_${section}_${key}`.toUpperCase()

/** What an operator is told about a setting. */
export function metaOf(section: SectionName, key: string): { allowed: string; secret: boolean } {
  let schema = (sections[section].shape as Record<string, z.ZodType>)[key]
  while (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) schema = schema.unwrap() as z.ZodType
  return schema?.meta() as { allowed: string; secret: boolean }
}

const isSecret = (section: SectionName, key: string) => metaOf(section, key).secret

const invalid = (sentence: string) => new MlangoError('config-invalid', `Configuration: ${sentence}.`)

const unknownName = (what: string, name: string, known: string[]) =>
  invalid(`unknown ${what}; the nearest known name is ${nearestOf(name, known)}`)

function outsideSections(key: string): MlangoError {
  const homes = sectionNames.filter((name) => Object.hasOwn(sections[name].shape, key)).map((name) => `[${name}]`)
  return invalid(
    `${key} stands in no section; ${homes.length > 0 ? `it belongs below ${homes.join(' or ')}` : 'every key belongs below one'}`,
  )
}

const nearestOf = (name: string, known: string[]): string =>
  known.toSorted((a, b) => distance(name, a) - distance(name, b))[0] ?? ''

/** An address may carry a login: scheme://user:password@host. */
const withoutPassword = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/(:\/\/[^/@]*:)[^/]*@/, '$1[secret]@') : value

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
