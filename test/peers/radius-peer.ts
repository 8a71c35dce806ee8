import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const isInstalled = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0

/** For `test(name, ...)`: skips with the reason when a program is missing. */
export const needs = (...programs: string[]): { skip: string | false } => {
  const missing = programs.filter((program) => !isInstalled(program))
  return { skip: missing.length > 0 && `${missing.join(', ')} not installed` }
}

/** Runs a program to its end; its standard output and error as one text. */
export async function run(
  program: string,
  args: string[],
  input = '',
): Promise<{ status: number | null; text: string }> {
  const child = spawn(program, args)
  child.stdin.end(input)
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk))
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { status, text: Buffer.concat(output).toString() }
}

export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
