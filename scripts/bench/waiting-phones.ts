import { type ClientRequest, request } from 'node:http'

export interface WaitingPhones {
  /** How many have heard of their status so far. */
  readonly heard: number
  close(): void
}

/** Phones with their waiting page open, each on a stream of its own. Resolves when each has heard its status once. */
export async function openWaitingPhones(port: number, paths: readonly string[]): Promise<WaitingPhones> {
  const open: ClientRequest[] = []
  let heard = 0
  const one = (path: string) =>
    new Promise<void>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`${path} answered ${answer.statusCode}`))
        answer.on('error', () => {})
        answer.once('data', () => {
          heard += 1
          resolve()
        })
        answer.resume()
      })
      asked.on('error', reject)
      asked.end()
      open.push(asked)
    })
  await Promise.all(paths.map(one))
  return {
    get heard() {
      return heard
    },
    close() {
      for (const asked of open) asked.on('error', () => {}).destroy()
    },
  }
}
