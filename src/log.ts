import { type DestinationStream, destination, type Logger, pino } from 'pino'

export type Log = Logger

/** Fields that may hold a secret, at the top of a log entry or one level down. */
const SECRET_FIELDS = [
  ...['password', 'secret', 'token', 'authorization', 'cookie', 'passkey', 'apiKey', 'api_key', 'tokenKey'],
  ...['apiPassword', 'api_password', 'radiusSecret', 'radius_secret', 'consumerSecret', 'consumer_secret'],
  ...['callbackToken', 'callback_token'],
]

/**
 * JSON lines on standard output, written without blocking the thread.
 * Pass ids (`paymentId`, `jobId`, `requestId`), never phone numbers or credentials.
 */
export function openLog(level: string, bindings: Record<string, string>, stream?: DestinationStream): Log {
  const options = {
    level,
    base: bindings,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '[secret]' },
  }
  return pino(options, stream ?? destination({ dest: 1, sync: false }))
}
