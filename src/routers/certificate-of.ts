import { X509Certificate } from 'node:crypto'
import { connect } from 'node:tls'
import type { RouterAddress } from './routeros-connection.ts'

const ANSWER_MS = 5_000

/** The certificate (PEM) that a router's API shows; undefined when it shows none, or not within 5 s, however busy it seems. */
export function certificateOf({ host, port }: Pick<RouterAddress, 'host' | 'port'>): Promise<string | undefined> {
  return new Promise((resolve) => {
    // Whether it is the right one is for whoever pins it to say.
    const socket = connect({ host, port, rejectUnauthorized: false }, () => {
      const raw = socket.getPeerX509Certificate()?.raw
      end(raw && new X509Certificate(raw).toString())
    })
    const end = (certificate?: string) => {
      clearTimeout(limit)
      socket.destroy()
      resolve(certificate)
    }
    const limit = setTimeout(end, ANSWER_MS)
    socket.on('error', () => end())
    socket.on('close', () => end())
  })
}
