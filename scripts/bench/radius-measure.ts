import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { LoadOrder, LoadResult } from './radius-load.ts'
import type { RadiusSubject } from './radius-subject.ts'

/** How much of each is measured. */
export interface Sizes {
  rounds: number
  users: number
  manyUsers: number
  logins: number
  accounting: number
  burst: number
  steadySeconds: number
}

export async function withSubject<Measured>(
  directory: string,
  start: (folder: string) => Promise<RadiusSubject>,
  work: (subject: RadiusSubject) => Promise<Measured>,
): Promise<Measured> {
  const folder = mkdtempSync(join(directory, 'server-'))
  const subject = await start(folder)
  try {
    return await work(subject)
  } finally {
    await subject.stop()
    rmSync(folder, { recursive: true })
  }
}

export async function measure(
  load: ChildProcess,
  subject: RadiusSubject,
  order: LoadOrder,
): Promise<LoadResult & { cpuSeconds: number }> {
  load.send(order)
  await said(load)
  const before = subject.cpuSeconds()
  load.send('go')
  const result = (await said(load)) as LoadResult
  if (result.accepted < result.answered)
    throw new Error(`${subject.name} refused ${result.answered - result.accepted} packets`)
  return { ...result, cpuSeconds: subject.cpuSeconds() - before }
}

/** The next thing that the load process says; it must not be waited for when it has ended. */
async function said(load: ChildProcess): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const ended = () => reject(new Error('the load process ended'))
  load.once('message', resolve)
  load.once('exit', ended)
  try {
    return await promise
  } finally {
    load.off('message', resolve)
    load.off('exit', ended)
  }
}
