import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Closing {
  after(close: () => unknown): void
}

/** FreeRADIUS of its own, away from /etc; resolves when it is ready, to what it prints. */
export async function startFreeRadius(t: Closing, parts: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mlango-freeradius-'))
  const config = `
prefix = /usr
libdir = /usr/lib/freeradius
logdir = ${folder}
run_dir = ${folder}
pidfile = ${folder}/pid
security {
}
${parts}
`
  writeFileSync(join(folder, 'radiusd.conf'), config)
  const child = spawn('freeradius', ['-fX', '-d', folder, '-D', '/usr/share/freeradius'])
  const output: string[] = []
  child.stdout.setEncoding('utf8')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.stdout.on('data', (text: string) => {
    output.push(text)
    if (text.includes('Ready to process requests')) resolve()
  })
  child.on('exit', () => reject(new Error(`freeradius ended: ${output.join('').slice(-2000)}`)))
  t.after(async () => {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })
  await promise
  return output
}
