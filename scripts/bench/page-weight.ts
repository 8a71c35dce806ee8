import { request } from 'node:http'

export interface PageWeight {
  view: string
  /** With headers, compressed, as it goes over the air. */
  bytes: number
  status: number
}

export function weigh(port: number, view: string, path: string): Promise<PageWeight> {
  return new Promise((resolve, reject) => {
    const headers = { 'Accept-Encoding': 'gzip', Accept: 'text/html' }
    request({ host: '127.0.0.1', port, path, headers }, (answer) => {
      const line = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`
      const pairs = answer.rawHeaders.reduce((sum, text) => sum + text.length + 2, 0)
      let bytes = line.length + pairs + 2
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      answer.on('end', () => resolve({ view, bytes, status: answer.statusCode ?? 0 }))
    })
      .on('error', reject)
      .end()
  })
}
