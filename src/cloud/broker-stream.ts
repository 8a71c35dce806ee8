import { readFile } from 'node:fs/promises'
import { isIP, connect as plainConnect } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import { MlangoError } from '../errors.ts'

/** `[cloud]` of the configuration. `ca`, `cert` and `key` are PEM text, or the path of a file that holds it. */
export interface BrokerSettings {
  /** mqtt:// or mqtts://; may carry the user name and password. */
  url: string
  username?: string | undefined
  password?: string | undefined
  ca?: string | undefined
  cert?: string | undefined
  key?: string | undefined
}

interface BrokerAddress {
  host: string
  port: number
  isTls: boolean
  username: string | undefined
  password: string | undefined
}

/** Small writes go out at once: over 80 ms of line this is half as fast again. */
const NO_DELAY = { noDelay: true }

export function brokerAddress({ url, username, password }: BrokerSettings): BrokerAddress {
  const parsed = new URL(url)
  const isTls = parsed.protocol === 'mqtts:'
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(parsed.port) || (isTls ? 8883 : 1883),
    isTls,
    username: username ?? (decodeURIComponent(parsed.username) || undefined),
    password: password ?? (decodeURIComponent(parsed.password) || undefined),
  }
}

/** Reads the PEM files anew for every attempt, so that a renewed certificate counts; returns how to open the stream. */
export async function prepareStream(settings: BrokerSettings): Promise<() => Duplex> {
  const { host, port, isTls } = brokerAddress(settings)
  if (!isTls) return () => plainConnect({ host, port, ...NO_DELAY })
  const [ca, cert, key] = await Promise.all([
    readPem('ca', settings.ca),
    readPem('cert', settings.cert),
    readPem('key', settings.key),
  ])
  return () =>
    tlsConnect({
      host,
      port,
      ...NO_DELAY,
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    })
}

async function readPem(name: string, textOrPath: string | undefined): Promise<string | undefined> {
  if (textOrPath === undefined || textOrPath.startsWith('-----BEGIN')) return textOrPath
  try {
    return await readFile(textOrPath, 'utf8')
  } catch (cause) {
    throw new MlangoError('cloud-pem-unreadable', `[cloud] ${name} names ${textOrPath}, which cannot be read`, {
      cause,
    })
  }
}
