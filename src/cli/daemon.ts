import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { controlSocketIn } from '../data-files.ts'
import { asError, MlangoError } from '../errors.ts'
import { findConfigSource } from './find-config.ts'

/** The running daemon, spoken to by its control socket: the HTTP API of the console, with no token. */
export interface Daemon {
  /** The answer's JSON. Throws a MlangoError with the daemon's own sentence when it refuses. */
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object | string): Promise<unknown>
}

const ANSWER_MS = 30_000

export function openDaemon(configFile: string | undefined): Daemon {
  const socketPath = controlSocketIn(findConfigSource(configFile).dataDir())
  return {
    async call(method, path, body) {
      const { status, text: answer } = await exchange(socketPath, method, path, body)
      const said = answer === '' ? undefined : JSON.parse(answer)
      if (status < 400) return said
      throw new MlangoError(said?.code ?? 'refused', said?.detail ?? `The daemon answered ${status}.`)
    },
  }
}

function exchange(
  socketPath: string,
  method: string,
  path: string,
  body?: object | string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const payload = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
    const headers = {
      'Content-Type': typeof body === 'string' ? 'text/csv' : 'application/json',
      'Content-Length': Buffer.byteLength(payload),
    }
    const asking = request({ socketPath, method, path, headers, timeout: ANSWER_MS, agent: false })
    asking.on('response', (response: IncomingMessage) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, text: answer }), reject)
    })
    asking.on('timeout', () => asking.destroy(new MlangoError('daemon-silent', 'The daemon does not answer.')))
    asking.on('error', (error) => reject(error instanceof MlangoError ? error : unreachable(socketPath, error)))
    asking.end(payload)
  })
}

function unreachable(socketPath: string, error: Error): MlangoError {
  const denied = (error as NodeJS.ErrnoException).code === 'EACCES'
  const why = denied
    ? 'may not be opened by this user; use sudo'
    : 'answers nobody: is the daemon running, and is that its data directory? --config FILE names another.'
  return new MlangoError('daemon-unreachable', `The control socket ${socketPath} ${why}`, { cause: asError(error) })
}
